import { EventEmitter } from "node:events";
import { decodeFrame, encodeFrame } from "../core/tunnel/frames.ts";

/**
 * A tunnel as the `postgres` package wants a socket, for the gateway's own sessions: it takes the
 * same way as everybody's, policy and recording included. Its queries are short, so the send window
 * is not counted.
 */
export class TunnelSocket extends EventEmitter {
  readyState: "open" | "closed" = "open";
  readonly #socket: WebSocket;
  #received = 0;

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
        this.emit("data", Buffer.from(frame.bytes));
        return this.#put({ is: "ack", total: this.#received });
      case "ping":
        return this.#put({ is: "pong" });
      case "close":
        return this.#closed();
      default:
        return;
    }
  }

  write(bytes: Uint8Array, done?: () => void): boolean {
    this.#put({ is: "data", bytes });
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

  pause(): void {}

  resume(): void {}

  #put(frame: Parameters<typeof encodeFrame>[0]): void {
    if (this.readyState === "open") this.#socket.send(encodeFrame(frame));
  }

  #closed(): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.#socket.close(1000);
    this.emit("close");
  }
}
