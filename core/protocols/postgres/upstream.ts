import { rowBytesMax, upstreamMessageBytesMax, waitingBytesMax } from "../../limits.ts";
import { Answers } from "./answers.ts";
import { ByteQueue, HEADER_BYTES, peekHeader, runEnd, takeMessage } from "./frames.ts";
import { errorResponse } from "./messages.ts";
import { releaseLater } from "./refuse.ts";
import { Results } from "./results.ts";
import type { State } from "./state.ts";

/*
 * The server's messages. Rows are the hot path: a run of them is rewritten or passed as one piece,
 * and all that one chunk yields leaves as one piece. Everything else is one message at a time
 * (answers.ts).
 */

const DATA_ROW = 0x44;
const COPY_DATA = 0x64;

export class UpstreamSide {
  readonly queue = new ByteQueue();
  readonly #state: State;
  readonly #results: Results;
  readonly #answers: Answers;
  /** Bytes still to come of a message too large to hold. */
  #streaming = 0;

  constructor(state: State) {
    this.#state = state;
    this.#results = new Results(state);
    this.#answers = new Answers(state, this.#results);
  }

  /** A COPY TO STDOUT has begun. */
  get copying(): boolean {
    return (this.#results.current()?.copyOut ?? null) !== null;
  }

  /** Moves as far as it can, and hands over what is for the client. */
  advance(): void {
    const state = this.#state;
    while (!state.closed && !this.#waits()) {
      if (this.#streaming > 0) {
        if (!this.#stream()) break;
        continue;
      }
      if (!this.#next()) break;
    }
    this.#results.flush();
    if (this.queue.length > waitingBytesMax && state.lookup !== null) {
      this.broken("an answer waited for the catalog and grew too large");
    }
  }

  /** Rows wait for the catalog; nothing else does. */
  #waits(): boolean {
    return this.#state.lookup !== null && this.#results.waiting;
  }

  #next(): boolean {
    const header = peekHeader(this.queue);
    if (header === null) return false;
    if (header === "malformed") return this.broken("a message of impossible length");
    if (header.type === DATA_ROW) {
      const begun = this.#results.beginRows();
      if (begun === "stray") return this.broken("rows that nobody asked for");
      if (begun === "waits") return false;
    }
    if (header.type === DATA_ROW || header.type === COPY_DATA) {
      if (header.length > rowBytesMax) return this.#beginStream(header);
      if (this.#run(header.type)) return true;
    } else if (header.length > upstreamMessageBytesMax) {
      return this.broken(`a message of ${header.length} bytes`);
    }
    if (this.queue.length < header.length) return false;
    const message = takeMessage(this.queue, header.length);
    this.#end(this.#answers.one(message));
    return !this.#state.closed;
  }

  /** Ends the session if there is a fault. */
  #end(fault: string | null): void {
    if (fault === "too large") this.#unmaskable();
    else if (fault !== null) this.broken(fault);
  }

  /** A run of whole rows or COPY data in the first chunk; false: there is none, it spans chunks. */
  #run(type: number): boolean {
    const end = runEnd(this.queue.head(), type, rowBytesMax);
    if (end === 0) return false;
    const run = this.queue.take(end);
    if (type === COPY_DATA) this.#end(this.#answers.copyData(run));
    else if (!this.#results.rows(run)) this.broken("a row that is not as described");
    return true;
  }

  #beginStream(header: { type: number; length: number }): boolean {
    const fault = this.#results.beginStream(header.type, header.length);
    if (fault === "malformed") return this.broken("a row that is not as described");
    if (fault === "too large") return this.#unmaskable();
    this.queue.take(HEADER_BYTES);
    this.#streaming = header.length - HEADER_BYTES;
    this.#state.midMessage = true;
    return true;
  }

  #stream(): boolean {
    const bytes = this.queue.takeSome(this.#streaming);
    if (bytes.length === 0) return false;
    this.#streaming -= bytes.length;
    const passed = this.#results.stream(bytes, this.#streaming === 0);
    if (passed === "too large") return this.#unmaskable();
    if (passed === "malformed") return this.broken("a row that is not as described");
    if (this.#streaming === 0) {
      this.#results.flush();
      releaseLater(this.#state);
    }
    return true;
  }

  #unmaskable(): false {
    const message =
      `A row of more than ${rowBytesMax} bytes has a masked column of a type that cannot be ` +
      "masked while it streams. Select fewer columns, or cast the large one to text.";
    this.#results.flush();
    this.#state.tell(errorResponse({ severity: "FATAL", code: "54000", message }));
    this.#state.close("unmaskable", message);
    return false;
  }

  /** The target broke the protocol: nothing more of what it sent is believed. */
  broken(what: string): false {
    this.#results.flush();
    const message = `The target sent ${what}; the connection was ended.`;
    this.#state.tell(errorResponse({ severity: "FATAL", code: "08P01", message }));
    this.#state.close("upstream_protocol", message);
    return false;
  }
}
