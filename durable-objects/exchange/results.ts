import { resultBytesMax, resultsLargeMax, resultSmallBytesMax } from "../../core/limits.ts";
import { type Database, database } from "../../store/db.ts";
import { keepResult, type KeptHead, sealedKeyOf } from "../../store/kept-results.ts";
import { forgetResult, resultDone, resultLost, waitingResults } from "../../store/results.ts";
import type { SealedWriter } from "../../store/sealed-pieces.ts";
import { deskOf, type ObjectsEnv } from "../env.ts";
import { logFault } from "../fault.ts";
import { Turns } from "./turns.ts";

/** A request whose answer is kept. */
export interface Kept {
  readonly id: string;
  /** False: it is not held any more. */
  withdraw(): boolean;
  /** What is kept in the place of an answer that did not come whole. */
  instead(why: Broken): Response;
}

/** Why an answer is not kept as it came. */
export type Broken = "broken off" | "too large";

/** The answers of one session that are kept for who asked; they may end after the session. */
export class Results {
  readonly #env: ObjectsEnv;
  readonly #ctx: DurableObjectState;
  readonly #open = new Map<string, Kept>();
  /** Of answers that are collected part by part: each takes some of the memory. */
  readonly #large = new Turns(resultsLargeMax);

  constructor(env: ObjectsEnv, ctx: DurableObjectState) {
    this.#env = env;
    this.#ctx = ctx;
  }

  get db(): Database {
    return database(this.#env);
  }

  expect(kept: Kept): void {
    this.#open.set(kept.id, kept);
  }

  forget({ id }: Kept): void {
    this.#open.delete(id);
  }

  /** Whether something is still to come of it. */
  expects(id: string): boolean {
    return this.#open.has(id);
  }

  /** `gone`: nobody here knows of it; `running`: it has left, or was refused just now. */
  withdraw(id: string): "withdrawn" | "running" | "gone" {
    const kept = this.#open.get(id);
    if (kept === undefined) return "gone";
    return kept.withdraw() ? "withdrawn" : "running";
  }

  /** Null: nobody wants it. */
  take(kept: Kept, answer: Response | null): void {
    this.#ctx.waitUntil(this.#take(kept, answer));
  }

  async #take(kept: Kept, answer: Response | null): Promise<void> {
    const { id } = kept;
    const bucket = this.#env.RECORDINGS;
    try {
      if (answer === null) return await forgetResult(this.db, bucket, id);
      const whole = await this.#keep(id, answer);
      const writer = typeof whole === "string" ? await this.#keep(id, kept.instead(whole)) : whole;
      if (typeof writer === "string") throw new Error("an answer of ours does not come whole");
      const key = await sealedKeyOf(this.#env, id, writer);
      const wanted = await resultDone(this.db, id, key, Date.now());
      if (!wanted) await forgetResult(this.db, bucket, id);
    } catch (error) {
      logFault("keep an answer", id, error);
    } finally {
      this.forget(kept);
    }
  }

  async #keep(id: string, { status, headers, body }: Response): Promise<SealedWriter | Broken> {
    const head: KeptHead = { status, headers: [...headers], body: body !== null };
    const writer = await keepResult(this.#env, id, head);
    let large = false;
    const grows = async (): Promise<void> => {
      if (!large) await this.#large.begin();
      large = true;
    };
    try {
      const broken = body === null ? null : await copied(body, writer, grows);
      await (broken === null ? writer.finish() : writer.abort());
      return broken ?? writer;
    } finally {
      if (large) this.#large.end();
    }
  }

  /**
   * Nothing will come of those that wait and that nobody here holds: the object has lost its memory
   * since, and their reviews decide nothing any more.
   */
  async lose(session: string): Promise<void> {
    for (const { id, review } of await waitingResults(this.db, session)) {
      if (this.expects(id)) continue;
      const desk = deskOf(this.#env);
      const asked = await desk.get(review);
      await desk.withdraw(review);
      // One that was withdrawn before gave way to a policy that may have let the request go.
      const unsent = asked?.state !== "withdrawn" && asked?.consumedAt === null;
      await resultLost(this.db, id, unsent ? "unsent" : "lost");
    }
  }
}

/** `grows` settles when there is room for more than a small answer; the service waits so long. */
async function copied(
  body: ReadableStream<Uint8Array>,
  writer: SealedWriter,
  grows: () => Promise<void>,
): Promise<Broken | null> {
  const reader = body.getReader();
  try {
    for (let bytes = 0; ;) {
      const { value, done } = await reader.read().catch(() => ({ value: undefined, done: false }));
      if (done) return null;
      if (value === undefined) return "broken off";
      bytes += value.length;
      if (bytes > resultBytesMax) return "too large";
      if (bytes > resultSmallBytesMax) await grows();
      await writer.write(value);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
