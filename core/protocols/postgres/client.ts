import { bindBytesMax, pipelineMax, sqlBytesMax } from "../../limits.ts";
import { ByteQueue, HEADER_BYTES, peekHeader, type Message } from "./frames.ts";
import { errorResponse } from "./messages.ts";
import { answersDue, askForAnswers, copyInPending, insideBatch } from "./questions.ts";
import { refuseCopy, refuseExtended, refuseSimple } from "./refuse.ts";
import { Requests, type Outcome } from "./requests.ts";
import type { State } from "./state.ts";

/*
 * The client's messages, one after the other. A message is either passed on (with a question noted,
 * so that its answer is understood), made into a command and held for its decision, or refused.
 * When a message must wait (for a decision, for the catalog, for an answer that settles what a name
 * means) nothing behind it moves.
 */

const code = (letter: string): number => letter.charCodeAt(0);
const QUERY = code("Q");
const PARSE = code("P");
const BIND = code("B");
const EXECUTE = code("E");
const DESCRIBE = code("D");
const CLOSE = code("C");
const SYNC = code("S");
const FLUSH = code("H");
const FUNCTION = code("F");
const COPY_DATA = code("d");
const COPY_DONE = code("c");
const COPY_FAIL = code("f");
const TERMINATE = code("X");

/** Anything else in the middle of a COPY FROM STDIN makes the server end the connection. */
const DURING_COPY = new Set([COPY_DATA, COPY_DONE, COPY_FAIL, SYNC, FLUSH, TERMINATE]);

/** Longest message of each type; CopyData streams. Types that are not here break the protocol. */
const LENGTH_MAX: ReadonlyMap<number, number> = new Map([
  [QUERY, sqlBytesMax + HEADER_BYTES + 1],
  [PARSE, sqlBytesMax + 512 * 1024],
  [BIND, bindBytesMax],
  [FUNCTION, bindBytesMax],
  [EXECUTE, 1024],
  [DESCRIBE, 1024],
  [CLOSE, 1024],
  [SYNC, HEADER_BYTES],
  [FLUSH, HEADER_BYTES],
  [COPY_DONE, HEADER_BYTES],
  [COPY_FAIL, 65_536],
  [TERMINATE, HEADER_BYTES],
]);

/** Refused with 54000 when too long; any other message that long breaks the protocol. */
const REFUSABLE = new Set([QUERY, PARSE, BIND, FUNCTION]);

export class ClientSide {
  readonly queue = new ByteQueue();
  readonly #state: State;
  /** Of a message that is too long to hold: bytes still to come, and where they go. */
  #streaming: { left: number; to: "upstream" | "nowhere" } | null = null;
  readonly #requests: Requests;

  constructor(state: State) {
    this.#state = state;
    this.#requests = new Requests(state);
  }

  /** Moves as far as it can. */
  advance(): void {
    const state = this.#state;
    while (!state.closed && state.held === null && state.lookup === null) {
      if (this.#streaming !== null) {
        if (!this.#stream()) return;
        continue;
      }
      const header = peekHeader(this.queue);
      if (header === null) return;
      if (header === "malformed" || !this.#known(header.type)) return this.#broken();
      if (this.#mustWait(header.type)) return;
      if (!this.#admitLength(header)) {
        if (this.#streaming === null) return;
        continue;
      }
      if (this.queue.length < header.length) return;
      if (!this.#one(header)) return;
    }
  }

  #known(type: number): boolean {
    if (this.#state.copyIn !== null) return DURING_COPY.has(type);
    return LENGTH_MAX.has(type) || type === COPY_DATA;
  }

  #broken(): void {
    const message = "The client sent something that is not PostgreSQL's protocol.";
    this.#state.tell(errorResponse({ severity: "FATAL", code: "08P01", message }));
    this.#state.close("client_protocol", message);
  }

  /**
   * What anything behind a COPY FROM STDIN means is known once that has begun or failed; a pipeline
   * has a bound; a goodbye lets the answers before it come.
   */
  #mustWait(type: number): boolean {
    const state = this.#state;
    if (state.questions.length >= pipelineMax) {
      askForAnswers(state);
      return true;
    }
    if (type === TERMINATE) return answersDue(state);
    if (type !== FLUSH && state.copyIn === null && copyInPending(state)) return true;
    return (type === QUERY || type === FUNCTION) && this.#needsAnswers();
  }

  /**
   * Behind messages of the extended protocol, without a Sync between: if one of those fails the
   * server skips this one, and a refusal with a Sync of its own would end the skipping. So the
   * server is asked for its answers first.
   */
  #needsAnswers(): boolean {
    if (!insideBatch(this.#state)) return false;
    askForAnswers(this.#state);
    return true;
  }

  /** False: the message is not taken whole: it streams, is skipped, or ends the session. */
  #admitLength(header: { type: number; length: number }): boolean {
    const state = this.#state;
    if (header.type === COPY_DATA) {
      const { copyIn } = state;
      // What is read before it goes on is read whole.
      const whole = this.queue.length >= header.length || (copyIn?.guard ?? null) !== null;
      if (header.length <= 65_536 && whole) return true;
      const over = copyIn === null || copyIn.stopped || state.discarding;
      const to = over ? "nowhere" : "upstream";
      const taken = this.queue.take(HEADER_BYTES);
      if (to === "upstream") state.forward("upstream", taken);
      this.#streaming = { left: header.length - HEADER_BYTES, to };
      return false;
    }
    if (header.length <= (LENGTH_MAX.get(header.type) as number)) return true;
    if (!REFUSABLE.has(header.type)) {
      this.#broken();
      return false;
    }
    this.#streaming = { left: header.length, to: "nowhere" };
    if (!state.discarding) this.#tooLong(header.type);
    return false;
  }

  #tooLong(type: number): void {
    const message =
      type === BIND
        ? `Bound values are limited to ${bindBytesMax} bytes; larger data goes by COPY.`
        : `Statements are limited to ${sqlBytesMax} bytes; larger data goes by COPY.`;
    const refusal = errorResponse({ severity: "ERROR", code: "54000", message });
    this.#state.record(0, { kind: "failed", sqlstate: "54000", from: "sluice" });
    if (type === QUERY || type === FUNCTION) refuseSimple(this.#state, 0, refusal);
    else refuseExtended(this.#state, 0, refusal);
  }

  #stream(): boolean {
    const streaming = this.#streaming as { left: number; to: "upstream" | "nowhere" };
    if (streaming.left === 0) {
      this.#streaming = null;
      if (this.#state.copyIn !== null) refuseCopy(this.#state, this.#state.copyIn);
      return true;
    }
    const bytes = this.queue.takeSome(streaming.left);
    if (bytes.length === 0) return false;
    streaming.left -= bytes.length;
    if (streaming.to === "upstream") {
      this.#state.copyIn?.guard?.push(bytes);
      this.#state.copyIn?.push(bytes);
      this.#state.forward("upstream", bytes);
    }
    return true;
  }

  /** Handles the next message; false: it stays where it is until something else has happened. */
  #one(header: { type: number; length: number }): boolean {
    const state = this.#state;
    if (state.discarding && header.type !== SYNC && header.type !== TERMINATE) {
      this.queue.take(header.length);
      return true;
    }
    const bytes = this.queue.peek(header.length) as Uint8Array;
    const outcome = this.#handle({
      type: header.type,
      bytes,
      body: bytes.subarray(HEADER_BYTES),
    });
    if (outcome === "malformed") this.#broken();
    if (outcome !== "taken") return false;
    this.queue.take(header.length);
    return !state.closed;
  }

  #handle(message: Message): Outcome {
    switch (message.type) {
      case QUERY:
        return this.#requests.query(message);
      case PARSE:
        return this.#requests.parse(message);
      case BIND:
        return this.#requests.bind(message);
      case EXECUTE:
        return this.#requests.execute(message);
      case DESCRIBE:
        return this.#requests.describe(message);
      case CLOSE:
        return this.#requests.close(message);
      case FUNCTION:
        return this.#requests.function(message);
      case SYNC:
        return this.#sync(message);
      case FLUSH:
        this.#state.forward("upstream", message.bytes);
        return "taken";
      case TERMINATE:
        this.#state.forward("upstream", message.bytes);
        this.#state.close("client_ended", "The client said goodbye.");
        return "taken";
      default:
        return this.#copy(message);
    }
  }

  #sync(message: Message): Outcome {
    const state = this.#state;
    // Inside a COPY FROM STDIN the server ignores it: libpq sends one ahead, and one behind.
    if (state.copyIn !== null) return "taken";
    state.discarding = false;
    state.batch++;
    state.questions.push({ of: "sync" });
    state.forward("upstream", message.bytes);
    return "taken";
  }

  #copy(message: Message): Outcome {
    const state = this.#state;
    const { copyIn } = state;
    // PostgreSQL ignores copy messages outside a COPY: the client could not know that it failed.
    if (copyIn === null) return "taken";
    if (message.type === COPY_DATA) copyIn.guard?.push(message.body);
    if (message.type === COPY_DONE) copyIn.guard?.end();
    const stopped = refuseCopy(state, copyIn);
    if (message.type !== COPY_DATA) state.copyInOver();
    else if (!stopped) copyIn.push(message.body);
    if (!stopped) state.forward("upstream", message.bytes);
    return "taken";
  }
}
