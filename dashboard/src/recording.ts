import type { RecordPage, RecordView } from "../../core/api/record.ts";
import { type Answer, AnswerLog, type Stray } from "./answers.ts";
import { type Body, BodyLog } from "./bodies.ts";

/** What is known of a recording. It is another object whenever more is known. */
export type Known = {
  /** Without the bytes themselves. */
  readonly facts: readonly RecordView[];
  /** So many facts came before them, and were let go: a page holds no more than it can show. */
  readonly gone: number;
  /** By the number of the fact that says how the answer ended, or of its own record. */
  readonly answers: ReadonlyMap<number, Answer>;
  /** Of requests, by command. */
  readonly bodies: ReadonlyMap<number, Body>;
  readonly reads: boolean;
  readonly error: unknown;
  /** All that was recorded when it was last read is here. */
  readonly caughtUp: boolean;
  /** The record of the session's end. */
  readonly end: RecordView | null;
};

const factsMax = 20_000;

type ReadPage = (from: number, watch?: string) => Promise<RecordPage>;

/** `exchanges`: of a protocol of requests and answers, which overlap. */
export type RecordingOf = "statements" | "exchanges";

/**
 * A recording as far as it was read: facts, and of the answers what comes first. A page's bytes are
 * let go as soon as they are read.
 */
export class Recording {
  readonly #read: ReadPage;
  readonly #listeners = new Set<() => void>();
  readonly #of: RecordingOf;
  readonly #log = new AnswerLog();
  readonly #bodies = new BodyLog();
  #known: Known;
  #next = 1;
  #reading: Promise<void> = Promise.resolve();

  constructor(read: ReadPage, of: RecordingOf = "statements") {
    this.#read = read;
    this.#of = of;
    const none = {
      facts: [],
      gone: 0,
      answers: this.#log.answers,
      bodies: this.#bodies.bodies,
      reads: false,
      error: null,
      caughtUp: false,
      end: null,
    };
    this.#known = none;
  }

  readonly get = (): Known => this.#known;
  readonly listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The first record that was not read. */
  get next(): number {
    return this.#next;
  }

  /** Reads a page more, after whatever is being read. */
  more = (watch?: string): Promise<void> =>
    (this.#reading = this.#reading.then(() => this.#one(watch)));

  /** Reads until record `last` is here, or nothing follows. */
  async upTo(last: number, watch?: string): Promise<void> {
    do await this.more(watch);
    while (this.#next <= last && !this.#known.caughtUp && this.#known.error === null);
  }

  async #one(watch: string | undefined): Promise<void> {
    if (this.#known.end !== null) return;
    this.#learn({ reads: true, error: null });
    try {
      this.#take(await this.#read(this.#next, watch));
    } catch (error) {
      this.#learn({ reads: false, error });
    }
  }

  #take({ items, next }: RecordPage): void {
    const facts = items.flatMap((record) =>
      this.#of === "exchanges" ? [this.#bodies.take(record)] : this.#factsOf(record),
    );
    const end = items.find(({ kind }) => kind === "end") ?? null;
    this.#next = (items.at(-1)?.seq ?? this.#next - 1) + 1;
    const all = [...this.#known.facts, ...facts];
    const kept = all.slice(-factsMax);
    if (kept.length < all.length) {
      for (const log of [this.#log, this.#bodies]) log.forgetBefore(kept[0]?.seq ?? 0);
    }
    this.#learn({
      facts: kept,
      gone: this.#known.gone + all.length - kept.length,
      reads: false,
      caughtUp: next === null || items.length === 0,
      end,
    });
  }

  #factsOf(record: RecordView): readonly RecordView[] {
    const notes = this.#log.take(record).map((stray) => noteOf(record, stray));
    const isBytes = record.kind === "toClient" || record.kind === "toUpstream";
    return isBytes ? notes : [...notes, record];
  }

  #learn(more: Partial<Known>): void {
    this.#known = { ...this.#known, ...more };
    for (const listener of this.#listeners) listener();
  }
}

/** Where no fact tells of it, the timeline does: a note in its place. */
function noteOf({ at, command }: RecordView, { seq, answer: { words, sent } }: Stray): RecordView {
  const isCut = words.length === 0;
  const message = isCut
    ? `cut in the middle of an answer, behind ${sent} of its rows`
    : "told the client";
  return { seq, at, command, kind: "note", fact: { message } };
}
