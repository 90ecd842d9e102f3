import type { Context } from "hono";
import { toInstant } from "../core/api/common.ts";
import type { Difference, RehearsedStep } from "../core/api/rehearsal.ts";
import { rehearsalCommandsMax, rehearsalRecordsMax, rehearsalSessionsMax } from "../core/limits.ts";
import { loadDocument } from "../core/policy/document.ts";
import type { Outcome } from "../core/policy/cases.ts";
import type { Document } from "../core/policy/schema.ts";
import { compare, type Unjudged } from "../core/rehearsal/compare.ts";
import type { Judged, Scene } from "../core/rehearsal/judged.ts";
import { type Part, planOf } from "../core/rehearsal/plan.ts";
import { type Recorded, recordedIn } from "../core/rehearsal/recorded.ts";
import type { Principal } from "../core/session.ts";
import { policyByVersion } from "../store/policies.ts";
import { principalById } from "../store/principals.ts";
import type { SessionRow, Window } from "../store/sessions.ts";
import type { App } from "./context.ts";
import { type Judge, judgeFor } from "./judging.ts";
import { Refused } from "./problem.ts";
import { recordsFrom } from "./recording.ts";

/** Half of them are commands at most, for each has its decision. */
const pageRecords = rehearsalCommandsMax * 2;

/** One bounded step of a rehearsal, over sessions that were found for it. */
export class Rehearsal {
  readonly #c: Context<App>;
  readonly #after: Document;
  readonly #window: Window;
  readonly #judge: Judge;
  readonly #policies = new Map<string, Promise<Document | null>>();
  readonly #principals = new Map<string, Promise<Principal | null>>();
  readonly #unjudged = new Map<Unjudged, number>();
  readonly items: Difference[] = [];
  examined = 0;
  #records = 0;

  constructor(c: Context<App>, after: Document, window: Window) {
    this.#c = c;
    this.#after = after;
    this.#window = window;
    this.#judge = judgeFor(c);
  }

  get unjudged(): RehearsedStep["unjudged"] {
    return [...this.#unjudged].map(([why, count]) => ({ why, count }));
  }

  /**
   * Looks through the sessions, the first from its record `from` on. Answers where the next step
   * begins; null: all of them are done.
   */
  async through(sessions: readonly SessionRow[], from: number): Promise<string | null> {
    for (const [index, session] of sessions.entries()) {
      if (index === rehearsalSessionsMax) return `${session.id}:1`;
      let seq: number | null = index === 0 ? from : 1;
      while (seq !== null) {
        if (this.#isSpent()) return `${session.id}:${seq}`;
        seq = await this.#page(session, seq);
      }
    }
    return null;
  }

  #isSpent(): boolean {
    return this.#records >= rehearsalRecordsMax || this.examined >= rehearsalCommandsMax;
  }

  /** Answers the record to go on from. */
  async #page(session: SessionRow, from: number): Promise<number | null> {
    const records = await this.#read(session, from, pageRecords);
    if (records === null) return null;
    this.#records += records.items.length;
    const { commands, open } = recordedIn(records.items);
    const { from: begin, to } = this.#window;
    const inside = commands.filter(({ at }) => begin <= at && at < to);
    this.examined += inside.length;
    if (inside.length > 0) await this.#commands(session, inside);
    // A command whose decision is on the next page is read again with it.
    return open === null || open === from || records.next === null ? records.next : open;
  }

  /** Null: kept no longer, or damaged. */
  async #read(session: SessionRow, from: number, limit: number) {
    const { env, var: known } = this.#c;
    try {
      return await recordsFrom(env, known.db, session.id, { from, limit });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#note("recording", 1);
      return null;
    }
  }

  async #commands(session: SessionRow, commands: readonly Recorded[]): Promise<void> {
    const looking = this.#principals.get(session.id) ?? this.#principalOf(session);
    this.#principals.set(session.id, looking);
    const principal = await looking;
    for (const [version, own] of Map.groupBy(commands, ({ decision }) => decision.policy)) {
      const before = await this.#policyAt(version);
      if (principal === null) this.#note("person", own.length);
      else if (before === null) this.#note("policy", own.length);
      else await this.#compared(session, principal, before, own);
    }
  }

  async #compared(
    session: SessionRow,
    principal: Principal,
    before: Document,
    commands: readonly Recorded[],
  ): Promise<void> {
    const { resourceName: resource } = session;
    const isService = session.resourceType === "http";
    const plan = planOf({ before, after: this.#after, principal, resource, commands }, isService);
    for (const why of plan.unjudged) this.#note(why, 1);
    const scene = {
      principal,
      resource,
      session: { ...session, granted: grantedIn(before, commands) },
    };
    for (const part of plan.parts) await this.#part(session, scene, part, isService);
  }

  async #part(
    session: SessionRow,
    scene: Omit<Scene, "document" | "asked">,
    { before, after, asked, caution }: Part,
    isService: boolean,
  ): Promise<void> {
    const again = asked.map((one) => one.again);
    const scenes = [before, after].map((document) => ({ ...scene, document, asked: again }));
    const { answers, known } = await this.#judge(session.resourceName, scenes);
    if (!known && !isService) return this.#note("tables", asked.length);
    const rules = isService ? NONE : columnRulesOf(before);
    asked.forEach(({ recorded }, i) => {
      const [then, now] = [answers[0]?.[i] as Judged, answers[1]?.[i] as Judged];
      const compared = compare(recorded, then, now, rules);
      if (compared.is === "unjudged") this.#note(compared.why, 1);
      if (compared.is !== "different") return;
      const { masks } = compared;
      this.items.push({
        ...whatWas(session, recorded),
        before: side(then.decision),
        after: side(now.decision),
        masks: [...masks],
        caution,
      });
    });
  }

  /** Her groups as they were; where the recording is older than that, as they were last seen. */
  async #principalOf(session: SessionRow): Promise<Principal | null> {
    const { principal: id, principalName: name, principalKind: kind } = session;
    const first = (await this.#read(session, 1, 1))?.items[0]?.event.fact;
    const recorded = first?.kind === "opened" ? first.groups : undefined;
    const groups = recorded ?? (await principalById(this.#c.var.db, id))?.groups;
    return groups === undefined ? null : { id, name, kind, groups };
  }

  #policyAt(version: string): Promise<Document | null> {
    const known = this.#policies.get(version) ?? policyAt(this.#c, version);
    this.#policies.set(version, known);
    return known;
  }

  #note(why: Unjudged, count: number): void {
    if (count > 0) this.#unjudged.set(why, (this.#unjudged.get(why) ?? 0) + count);
  }
}

/** Of a service's answers nobody knows the fields. */
const NONE: ReadonlySet<string> = new Set();

const columnRulesOf = ({ masking }: Document): ReadonlySet<string> =>
  new Set(masking.filter(({ columns }) => columns !== undefined).map(({ id }) => id));

async function policyAt(c: Context<App>, version: string): Promise<Document | null> {
  const row = await policyByVersion(c.var.db, version);
  try {
    return row === null ? null : loadDocument(row.source);
  } catch {
    return null;
  }
}

/** What was asked for and given then: grants that the recorded decisions rest on. */
function grantedIn({ grants }: Document, commands: readonly Recorded[]) {
  const named = new Set(commands.flatMap(({ decision }) => decision.rules));
  return grants
    .filter(({ id, request }) => request !== undefined && named.has(id))
    .map(({ id: grant }) => ({ grant, endsAt: Number.MAX_SAFE_INTEGER }));
}

const whatWas = (session: SessionRow, { seq, at, shown }: Recorded) => ({
  session: session.id as Difference["session"],
  seq,
  at: toInstant(at),
  principal: session.principalName,
  resource: session.resourceName,
  shown,
});

const side = (decision: Outcome): Difference["before"] => ({
  verdict: decision.verdict,
  rules: [...decision.rules],
  message: "message" in decision ? decision.message : null,
});
