import type { Catalog } from "../core/catalog.ts";
import type { DataPath, DataPathInput, Effect } from "../core/data-path.ts";
import type { Settled, UnixMs } from "../core/decision.ts";
import { bindBytesMax } from "../core/limits.ts";
import { approvers, type Review } from "../core/review/review.ts";
import type { SessionSpec } from "../core/session.ts";
import { ClientTunnel } from "./client-tunnel.ts";
import { catalogOf, deskOf, type ObjectsEnv } from "./env.ts";
import { logFault } from "./fault.ts";
import { grammarReady } from "./grammar.ts";
import type { Journal } from "./journal.ts";
import { perform } from "./perform.ts";
import { policyFor } from "./policy.ts";
import type { Shipping } from "./shipping.ts";
import type { Upstream } from "./upstream/dial.ts";

/** A command that waits for people. */
export type Waiting = { readonly command: number; readonly digest: string; review: string | null };

export type LiveParts = {
  readonly env: ObjectsEnv;
  readonly spec: SessionSpec;
  readonly socket: WebSocket;
  readonly journal: Journal;
  readonly shipping: Shipping;
  /** Called once, when both ends have been closed. */
  readonly over: (code: string, message: string) => void;
};

/**
 * A session while it lives: bytes and news in, effects out. Every input is one turn: the data path
 * steps, and what it answers is performed in order before anything else happens (invariant 3).
 */
export class LiveSession {
  readonly env: ObjectsEnv;
  readonly spec: SessionSpec;
  readonly journal: Journal;
  readonly shipping: Shipping;
  readonly tunnel: ClientTunnel;
  upstream: Upstream | null = null;
  waiting: Waiting | null = null;
  commands = 0;
  /** The version in force for this session. */
  policy: string;
  readonly #over: LiveParts["over"];
  #path: DataPath | null = null;
  /** What came before the target was reached, or while the grammar was being made again. */
  #inputs: DataPathInput[] = [];
  #stepping = false;
  /** The grammar was waited for, for the next input. */
  #prepared = false;
  #inFlight = 0;
  #lookups = 0;
  #closed = false;
  #now: UnixMs = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** The instant that the timer waits for. */
  #armedFor: UnixMs | null = null;

  constructor(parts: LiveParts) {
    this.env = parts.env;
    this.spec = parts.spec;
    this.journal = parts.journal;
    this.shipping = parts.shipping;
    this.#over = parts.over;
    this.policy = parts.spec.policy.version;
    this.tunnel = new ClientTunnel(parts.socket, {
      data: (bytes) => this.step({ on: "bytes", from: "client", bytes }),
      end: () => this.step({ on: "ended", side: "client", reason: null }),
      cancel: (key) => this.step({ on: "cancel", key }),
      lost: (reason) => this.step({ on: "ended", side: "client", reason }),
      delivered: (record) => {
        parts.shipping.delivered = record;
      },
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Never goes back within a session (CONTRACTS §10). */
  now(): UnixMs {
    this.#now = Math.max(this.#now, Date.now());
    return this.#now;
  }

  /**
   * From here on inputs are taken. `upstream` null: `failure` says why the target could not be
   * reached.
   */
  start(path: DataPath, upstream: Upstream | null, failure: string | null): void {
    this.#path = path;
    this.upstream = upstream;
    if (this.#closed) return upstream?.close();
    this.#inputs.unshift(
      upstream === null ? { on: "ended", side: "upstream", reason: failure } : { on: "opened" },
    );
    this.#drain();
    if (upstream !== null) void this.#pump(upstream);
  }

  /** A remark of the shell's own in the recording. */
  note(message: string): void {
    const fact = { kind: "note", message } as const;
    if (!this.#closed) this.journal.append([{ at: this.now(), command: 0, fact }]);
  }

  step(input: DataPathInput): void {
    if (this.#closed) return;
    this.#inputs.push(input);
    this.#drain();
  }

  #drain(): void {
    const path = this.#path;
    if (path === null || this.#stepping) return;
    this.#stepping = true;
    try {
      while (!this.#closed && this.#inputs.length > 0) {
        const preparing = this.#prepared ? null : grammarReady();
        this.#prepared = preparing !== null;
        // Without a parser the input is taken all the same: what it says is unknown then.
        if (preparing !== null) return void preparing.catch(() => {}).then(() => this.#drain());
        this.#turn(path, this.#inputs.shift() as DataPathInput);
      }
    } catch (error) {
      logFault("step", this.spec.id, error);
      this.close("internal", "The gateway could not go on with this session.");
    } finally {
      this.#stepping = false;
    }
    this.#credit();
    this.#arm(path);
    if (this.shipping.due) void this.shipping.ship();
  }

  #turn(path: DataPath, input: DataPathInput): void {
    if (input.on === "learned") this.#lookups--;
    const effects: readonly Effect[] = path.step(input, this.now());
    for (const effect of effects) {
      const answer = perform(effect, this);
      if (answer !== null) this.#inputs.unshift(answer);
    }
  }

  /** Reads of the target stop while the client or the journal has no room. */
  async #pump(upstream: Upstream): Promise<void> {
    try {
      while (!this.#closed) {
        await this.tunnel.room();
        await this.journal.room();
        if (this.#closed) return;
        const bytes = await upstream.read();
        if (bytes === null) break;
        if (bytes.length > 0) this.step({ on: "bytes", from: "upstream", bytes });
      }
      this.step({ on: "ended", side: "upstream", reason: null });
    } catch (error) {
      this.step({ on: "ended", side: "upstream", reason: (error as Error).message });
    }
  }

  write(bytes: Uint8Array): void {
    const { upstream } = this;
    if (upstream === null) return;
    this.#inFlight += bytes.length;
    void this.#written(upstream, bytes);
  }

  async #written(upstream: Upstream, bytes: Uint8Array): Promise<void> {
    try {
      await upstream.write(bytes);
      this.#inFlight -= bytes.length;
      this.#credit();
    } catch (error) {
      this.step({ on: "ended", side: "upstream", reason: (error as Error).message });
    }
  }

  /**
   * Credit for the client. One long message must come whole before it can be decided, so it gets
   * credit up to the longest; behind a hold nothing more than a window is taken (CONTRACTS §3).
   */
  #credit(): void {
    if (this.#path === null) return;
    const held = this.waiting !== null || this.#lookups > 0;
    const buffered = this.#path.buffered("client");
    const kept = held ? buffered : Math.max(0, buffered - bindBytesMax);
    this.tunnel.keeping(kept + this.#inFlight);
  }

  /** Asked after every turn, and the deadline hardly ever changes. */
  #arm(path: DataPath): void {
    const deadline = this.#closed ? null : path.deadline;
    if (deadline === this.#armedFor) return;
    this.#armedFor = deadline;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (deadline === null) return;
    const wait = Math.min(Math.max(0, deadline - this.now()), 2 ** 31 - 1);
    this.#timer = setTimeout(() => {
      this.#armedFor = null;
      this.step({ on: "tick" });
    }, wait);
  }

  /** Puts the question before people; what they say comes by `settled`. */
  async ask(effect: Extract<Effect, { do: "ask" }>): Promise<void> {
    const { command, digest, decision } = effect;
    const waiting: Waiting = { command: command.id, digest, review: null };
    this.waiting = waiting;
    const desk = deskOf(this.env);
    try {
      const asked = await desk.ask(questionOf(effect, this.spec, this.now()));
      if (asked.is === "refused") return this.#refuse(waiting, asked.message);
      const { id } = asked.review;
      if (this.waiting !== waiting) return await desk.withdraw(id);
      waiting.review = id;
      const url = `${this.spec.publicUrl}/reviews/${id}`;
      const { expiresInSeconds } = decision;
      this.step({ on: "asked", command: command.id, review: id, url, expiresInSeconds });
    } catch {
      this.#refuse(waiting, "The review could not be opened.");
    }
  }

  /** The asker no longer wants it. */
  withdraw(command: number): void {
    const { waiting } = this;
    if (waiting?.command !== command) return;
    this.waiting = null;
    if (waiting.review === null) return;
    void deskOf(this.env)
      .withdraw(waiting.review)
      .catch(() => {});
  }

  /** A review of this session is over. The approval is used up before the command moves. */
  async settled(review: Review): Promise<void> {
    const { waiting } = this;
    if (waiting === null || waiting.review !== review.id || review.state === "pending") return;
    if (review.state !== "approved") {
      return this.#settle(waiting, refusalOf(review));
    }
    const used = await deskOf(this.env).consume(review.id, waiting.digest);
    if (used === null) return this.#refuse(waiting, "The approval is for another command.");
    this.#settle(waiting, { verdict: "run", review: review.id, by: approvers(used) });
  }

  /** Asks the desk, in case its word was lost. */
  async recall(): Promise<void> {
    const id = this.waiting?.review ?? null;
    if (id === null) return;
    const review = await deskOf(this.env).get(id);
    if (review !== null) await this.settled(review);
  }

  #refuse(waiting: Waiting, message: string): void {
    const refusal = { verdict: "refuse", code: "failed", review: waiting.review, message } as const;
    this.#settle(waiting, refusal);
  }

  #settle(waiting: Waiting, decision: Settled): void {
    if (this.waiting !== waiting) return;
    this.waiting = null;
    this.step({ on: "settled", command: waiting.command, decision });
  }

  async lookUp(request: number): Promise<void> {
    this.#lookups++;
    const catalog = await catalogFor(this.env, this.spec, true);
    this.step({ on: "learned", request, catalog });
  }

  adopt(applied: SessionSpec["policy"]): void {
    if (this.spec.literalTexts !== null) return;
    this.policy = applied.version;
    this.step({ on: "policy", policy: policyFor(this.env, this.spec, applied) });
  }

  /** Both ends; the recording's end has been appended by the data path. */
  close(code: string, message: string): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.waiting !== null) this.withdraw(this.waiting.command);
    this.tunnel.close(code, message);
    this.upstream?.close();
    this.journal.release();
    this.#over(code, message);
  }
}

/** Null: it could not be read, and whatever needs it is treated as unknown. */
export async function catalogFor(
  env: ObjectsEnv,
  spec: SessionSpec,
  refresh: boolean,
): Promise<Catalog | null> {
  if (spec.literalTexts !== null) return null;
  try {
    return JSON.parse(await catalogOf(env, spec).catalog(spec, refresh)) as Catalog;
  } catch {
    return null;
  }
}

const REFUSED = {
  rejected: "The command was rejected.",
  expired: "Nobody decided in time.",
  withdrawn: "The review was withdrawn.",
} as const;

function refusalOf(review: Review): Settled {
  const code = review.state as keyof typeof REFUSED;
  const rejection = review.votes.find((vote) => vote.verdict === "reject");
  const said = (rejection?.comment ?? null) === null ? "." : `: ${rejection?.comment}`;
  const message = rejection === undefined ? REFUSED[code] : `${rejection.name} rejected it${said}`;
  return { verdict: "refuse", code, review: review.id, message };
}

function questionOf(
  { command, digest, decision }: Extract<Effect, { do: "ask" }>,
  spec: SessionSpec,
  now: UnixMs,
) {
  const { id, name } = spec.principal;
  return {
    session: spec.id,
    command: command.id,
    resource: spec.resource.name,
    principal: { id, name },
    onBehalfOf: spec.onBehalfOf,
    shown: command.shown,
    operations: command.operations,
    objects: command.objects,
    unbounded: command.unbounded,
    risks: command.risks,
    rules: decision.rules,
    message: decision.message,
    reason: spec.reason,
    ticket: spec.ticket,
    reviewers: decision.reviewers,
    approvalsNeeded: decision.approvals,
    digest,
    holdsLocks: command.holdsLocks,
    askedAt: now,
    expiresAt: now + decision.expiresInSeconds * 1000,
  };
}
