import type { UnixMs } from "../../core/decision.ts";
import type { Authored, Refusal } from "../../core/exchange.ts";
import { type Waiting, waitingAnswer } from "../../core/protocols/http/later.ts";
import type { ExchangeSpec } from "../../core/session.ts";
import { newId } from "../../store/ids.ts";
import { addResult, resultReviewed } from "../../store/results.ts";
import type { ObjectsEnv } from "../env.ts";
import { logFault } from "../fault.ts";
import type { Heard } from "../held-command.ts";
import type { Broken, Kept, Results } from "./results.ts";

/** Whoever gets the answer; null: it does not come, for nobody wants it. */
export type Taker = (answer: Response | null) => void;

/** The request itself. */
export interface Held {
  readonly env: ObjectsEnv;
  readonly spec: ExchangeSpec;
  /** It waits for people. */
  readonly waits: boolean;
  now(): UnixMs;
  /** Gives the answer to another; hands back who would have got it. */
  divert(take: Taker): Taker;
  leave(): void;
  /** False: it could not be written down, and so nothing may be said. */
  note(message: string): boolean;
  refusal(refusal: Refusal): Authored;
}

type Asked = Extract<Heard, { on: "asked" }>;

/**
 * `Prefer: respond-async` (RFC 7240 section 4.1) of one request. Is it held, its client is answered
 * 202, at once or when it has waited as long as it said; what comes of it is kept.
 */
export class Later implements Kept {
  readonly id: string;
  readonly #held: Held;
  readonly #results: Results;
  readonly #seconds: number;
  #asked: Asked | null = null;
  /** Settles when the row is there; null: the client waits as any other. */
  #row: Promise<boolean> | null = null;
  /** The client was told to come again, and may go. */
  promised = false;

  constructor(held: Held, results: Results, seconds: number) {
    this.id = newId("ans");
    this.#held = held;
    this.#results = results;
    this.#seconds = seconds;
  }

  /** Again, when a new policy asks again. */
  async asked(asked: Asked): Promise<void> {
    const first = this.#asked === null;
    this.#asked = asked;
    if (await this.#row) await resultReviewed(this.#results.db, this.id, asked);
    if (!first) return;
    if (this.#seconds === 0) return this.#promise();
    const wait = Math.min(this.#seconds, asked.expiresInSeconds);
    setTimeout(() => void this.#promise(), wait * 1000);
  }

  async #promise(): Promise<void> {
    const { id } = this;
    const [held, results, asked] = [this.#held, this.#results, this.#asked];
    if (!held.waits || asked === null) return;
    const row = this.#add(asked);
    this.#row = row;
    results.expect(this);
    let [taken, left] = [false, false];
    const client = held.divert((answer) => {
      // Whatever fails after an answer began has broken that one off, and is no second.
      if (taken) return;
      taken = true;
      left = answer === null;
      void row.then((kept) => (kept ? results.take(this, answer) : client(answer)));
    });
    if (!(await row)) return results.forget(this);
    // Whoever went meanwhile is told nothing.
    if (left) return client(null);
    if (!held.note(`Its client was told to come again, for ${id}.`)) {
      const message = "The session ended while the answer was being promised.";
      return client(responseOf(held.refusal({ code: "ended", message, review: asked.review })));
    }
    this.promised = true;
    client(accepted({ ...asked, id }, held.spec));
  }

  async #add({ review, expiresAt }: Asked): Promise<boolean> {
    const { id: session, principal, resource } = this.#held.spec;
    const of = { session, principal: principal.id, resource: resource.name };
    try {
      await addResult(this.#results.db, { id: this.id, ...of, review, expiresAt });
      return true;
    } catch (error) {
      logFault("promise an answer", session, error);
      return false;
    }
  }

  withdraw(): boolean {
    if (!this.#held.waits) return false;
    this.#held.leave();
    return true;
  }

  instead(why: Broken): Response {
    const message = BROKEN[why];
    this.#held.note(message);
    const review = this.#asked?.review ?? null;
    return responseOf(this.#held.refusal({ code: "broken_off", message, review }));
  }
}

const BROKEN = {
  "broken off": "The answer broke off. The service may have done what it was asked.",
  "too large": "The answer is too large to be kept. The service may have done what it was asked.",
} as const satisfies Record<Broken, string>;

const responseOf = ({ status, headers, body }: Authored): Response =>
  new Response(body, { status, headers: headers.map(([name, value]) => [name, value]) });

function accepted(waiting: Waiting, spec: ExchangeSpec): Response {
  const answer = responseOf(waitingAnswer(waiting, spec.publicUrl));
  answer.headers.set("preference-applied", "respond-async");
  answer.headers.set("sluice-session", spec.id);
  return answer;
}
