import type { Effect } from "../core/data-path.ts";
import type { Input } from "../core/engine.ts";
import type { Command, Settled, UnixMs } from "../core/decision.ts";
import { approvers, type Question, type Review } from "../core/review/review.ts";
import { isStream, type SessionSpec } from "../core/session.ts";
import { estimateFor } from "./catalogs.ts";
import { deskOf, type ObjectsEnv } from "./env.ts";

/** The desk is asked this often about a command that waits, in case its word was lost. */
const recallMs = 5_000;

/** What a hold's asker hears of it. */
export type Heard =
  | (Extract<Input, { on: "asked" }> & { readonly expiresAt: UnixMs })
  | Extract<Input, { on: "settled" }>;

/** Whose command waits. */
export interface Holder {
  readonly env: ObjectsEnv;
  readonly spec: SessionSpec;
  now(): UnixMs;
  hear(heard: Heard): void;
}

type Waiting = {
  readonly command: number;
  readonly digest: string;
  review: string | null;
  /** The desk is being asked for the approval. */
  using: boolean;
};

/** A command that waits for people, one at a time, and its way to the desk and back. */
export class HeldCommand {
  readonly #session: Holder;
  #waiting: Waiting | null = null;

  constructor(session: Holder) {
    this.#session = session;
  }

  get waits(): boolean {
    return this.#waiting !== null;
  }

  /** Puts the question before people; what they say comes by `settled`. */
  async ask(effect: Extract<Effect, { do: "ask" }>): Promise<void> {
    const { command, digest, decision } = effect;
    const waiting: Waiting = { command: command.id, digest, review: null, using: false };
    this.#waiting = waiting;
    const desk = deskOf(this.#session.env);
    try {
      const asked = await desk.ask(questionOf(effect, this.#session.spec, this.#session.now()));
      if (asked.is === "refused") return this.#refuse(waiting, asked.message);
      const { id, expiresAt } = asked.review;
      if (this.#waiting !== waiting) return void (await desk.withdraw(id));
      waiting.review = id;
      const url = `${this.#session.spec.publicUrl}/reviews/${id}`;
      const { expiresInSeconds } = decision;
      const about = { command: command.id, review: id, url, expiresInSeconds, expiresAt };
      this.#session.hear({ on: "asked", ...about });
      this.#recallLater(waiting);
      void this.#estimate(id, command);
    } catch {
      this.#refuse(waiting, "The review could not be opened.");
    }
  }

  /** Beside the question, which never waits for it. */
  async #estimate(id: string, { text, searchPath }: Command): Promise<void> {
    const { env, spec } = this.#session;
    if (!isStream(spec)) return;
    const estimate = await estimateFor(env, spec, { text, searchPath });
    await deskOf(env)
      .estimated(id, estimate)
      .catch(() => {});
  }

  #recallLater(waiting: Waiting): void {
    setTimeout(() => {
      if (this.#waiting !== waiting) return;
      void this.recall()
        .catch(() => {})
        .then(() => this.#recallLater(waiting));
    }, recallMs);
  }

  /** The asker no longer wants it. */
  withdraw(): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    this.#waiting = null;
    if (waiting.review === null) return;
    void deskOf(this.#session.env)
      .withdraw(waiting.review)
      .catch(() => {});
  }

  /** A review of this session is over. The approval is used up before the command moves. */
  async settled(review: Review): Promise<void> {
    const waiting = this.#waiting;
    if (waiting === null || waiting.review !== review.id || review.state === "pending") return;
    if (review.state !== "approved") {
      return this.#settle(waiting, refusalOf(review));
    }
    if (waiting.using) return;
    waiting.using = true;
    try {
      const used = await deskOf(this.#session.env).consume(review.id, waiting.digest);
      if (used === null) return this.#refuse(waiting, "The approval is for another command.");
      this.#settle(waiting, { verdict: "run", review: review.id, by: approvers(used) });
    } finally {
      waiting.using = false;
    }
  }

  /** Asks the desk, in case its word was lost. */
  async recall(): Promise<void> {
    const id = this.#waiting?.review ?? null;
    if (id === null) return;
    const review = await deskOf(this.#session.env).get(id);
    if (review !== null) await this.settled(review);
  }

  #refuse(waiting: Waiting, message: string): void {
    const refusal = { verdict: "refuse", code: "failed", review: waiting.review, message } as const;
    this.#settle(waiting, refusal);
  }

  #settle(waiting: Waiting, decision: Settled): void {
    if (this.#waiting !== waiting) return;
    this.#waiting = null;
    this.#session.hear({ on: "settled", command: waiting.command, decision });
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
  { command, digest, decision, parameters, masked }: Extract<Effect, { do: "ask" }>,
  spec: SessionSpec,
  now: UnixMs,
): Question {
  const { id, name } = spec.principal;
  return {
    session: spec.id,
    command: command.id,
    resource: spec.resource.name,
    principal: { id, name },
    onBehalfOf: spec.onBehalfOf,
    shown: command.shown,
    parameters,
    operations: command.operations,
    objects: command.objects,
    masked,
    unbounded: command.unbounded,
    risks: command.risks,
    rules: decision.rules,
    message: decision.message,
    reason: spec.reason,
    ticket: spec.ticket,
    reviewers: decision.reviewers,
    approvalsNeeded: decision.approvals,
    signIn: decision.signIn,
    digest,
    holdsLocks: command.holdsLocks,
    access: null,
    askedAt: now,
    expiresAt: now + decision.expiresInSeconds * 1000,
  };
}
