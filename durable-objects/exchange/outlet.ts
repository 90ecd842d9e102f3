import { type Coding } from "../../core/exchange.ts";
import { encoderOf, type Encoder } from "./coding.ts";

/** What a client reads of an answer's body, written as it comes, in its content coding. */
export class Outlet {
  readonly readable: ReadableStream<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #encoder: Encoder | null;
  /** Pieces leave in the order in which they were given, each after its coding. */
  #last: Promise<void> = Promise.resolve();

  /** `length`: where it is known, the client is told it. */
  constructor(coding: Coding | null, length: number | null, left: () => void) {
    const { readable, writable } =
      length === null ? new IdentityTransformStream() : new FixedLengthStream(length);
    this.readable = readable;
    this.#writer = writable.getWriter();
    this.#encoder = coding === null ? null : encoderOf(coding);
    this.#writer.closed.catch(left);
  }

  /** In the turn of its record: the output gate then holds the bytes until that is durable. */
  send(bytes: Uint8Array): void {
    if (this.#encoder === null) {
      this.#last = this.#writer.write(bytes).catch(() => {});
      return;
    }
    this.#then(async (encoder) => {
      for (const coded of await encoder.push(bytes)) await this.#writer.write(coded);
    });
  }

  finish(): void {
    if (this.#encoder === null) {
      void this.#writer.close().catch(() => {});
      return;
    }
    this.#then(async (encoder) => {
      for (const coded of await encoder.finish()) await this.#writer.write(coded);
      await this.#writer.close();
    });
  }

  #then(work: (encoder: Encoder) => Promise<void>): void {
    const encoder = this.#encoder as Encoder;
    const broken = () => this.break("The answer could not be coded again.");
    this.#last = this.#last.then(() => work(encoder)).catch(broken);
  }

  /** The client sees a body that was cut. */
  break(reason: string): void {
    void this.#writer.abort(new Error(reason)).catch(() => {});
  }

  /** Settles when the client has taken all that was sent. */
  room(): Promise<void> {
    return this.#last;
  }
}
