import { EventEmitter } from "node:events";
import { dataFrames, decodeFrame, encodeFrame, type Frame } from "../core/tunnel/frames.ts";

/** ReadyForQuery, outside a transaction. */
const READY = Buffer.from("Z\0\0\0\x05I", "latin1");

/**
 * A tunnel as the `postgres` package wants a socket, for the gateway's own sessions: it takes the
 * same way as everybody's, policy and recording included. Its queries are short, so the send window
 * is not counted.
 */
export class TunnelSocket extends EventEmitter {
  readyState: "open" | "closed" = "open";
  /** Why the gateway ended the session, once it has. */
  farewell: { readonly code: string; readonly message: string } | null = null;
  readonly #socket: WebSocket;
  #received = 0;
  #greeting: Buffer[] | null = null;
  #greeted: () => void = () => {};

  constructor(socket: WebSocket) {
    super();
    this.#socket = socket;
    socket.accept();
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) =>
      this.#take(new Uint8Array(data as ArrayBuffer)),
    );
    socket.addEventListener("close", () => this.#closed());
    socket.addEventListener("error", () => this.#closed());
  }

  #take(message: Uint8Array): void {
    const frame = decodeFrame(message);
    switch (frame.is) {
      case "data":
        this.#received += frame.bytes.length;
        this.#pass(Buffer.from(frame.bytes));
        return this.#put({ is: "ack", total: this.#received });
      case "ping":
        return this.#put({ is: "pong" });
      case "close":
        this.farewell = { code: frame.code, message: frame.message };
        return this.#closed();
      default:
        return;
    }
  }

  #pass(bytes: Buffer): void {
    if (this.#greeting === null) return void this.emit("data", bytes);
    this.#greeting.push(bytes);
    if (Buffer.concat(this.#greeting).includes(READY)) this.#greeted();
  }

  /**
   * Logs in at once: the `postgres` package would wait for a first query. What is answered is kept
   * for it, and its own startup packet goes nowhere.
   */
  greet(startup: Uint8Array): Promise<void> {
    this.write(startup);
    this.#greeting = [];
    return new Promise((resolve) => {
      this.#greeted = resolve;
    });
  }

  write(bytes: Uint8Array, done?: () => void): boolean {
    const greeting = this.#greeting;
    if (greeting !== null) {
      this.#greeting = null;
      setTimeout(() => this.emit("data", Buffer.concat(greeting)));
    } else if (this.readyState === "open")
      for (const frame of dataFrames(bytes)) this.#socket.send(frame);
    done?.();
    return true;
  }

  end(bytes?: Uint8Array): void {
    if (bytes !== undefined) this.write(bytes);
    this.#put({ is: "end" });
  }

  destroy(): void {
    this.#closed();
  }

  /** Of the statement that runs. */
  cancel(key: Uint8Array): void {
    this.#put({ is: "cancel", key });
  }

  pause(): void {}

  resume(): void {}

  #put(frame: Frame): void {
    if (this.readyState === "open") this.#socket.send(encodeFrame(frame));
  }

  #closed(): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.#socket.close(1000);
    this.emit("close");
    this.#greeted();
  }
}
