import { pingsMax, readBufferBytesBusy, tunnelWindowBytes } from "../core/limits.ts";
import { dataBytesMax, decodeFrame, encodeFrame, type Frame } from "../core/tunnel/frames.ts";
import { ReceiveWindow, SendWindow } from "../core/tunnel/window.ts";

/** A client that does not take the rest of its answers in this time has left. */
const drainMs = 10_000;
const unansweredPingsMax = 2;

export type TunnelEvents = {
  data(bytes: Uint8Array): void;
  end(): void;
  cancel(key: Uint8Array): void;
  /** The client is gone, or broke the tunnel's rules. */
  lost(reason: string): void;
  /** Everything up to this record has reached the client. */
  delivered(record: number): void;
};

/**
 * The client's end of a session: one WebSocket with credit in both directions (docs/tunnel.md).
 * WebSockets here push back on nobody, so what the client has no room for waits in `#outbox`, and
 * whoever reads the target waits for `room`.
 */
export class ClientTunnel {
  readonly #socket: WebSocket;
  readonly #events: TunnelEvents;
  readonly #send = new SendWindow();
  readonly #receive = new ReceiveWindow();
  #received = 0;
  #consumed = 0;
  #outbox: Uint8Array[] = [];
  #outboxBytes = 0;
  #queued = 0;
  /** What the client has once it acknowledges `total` bytes. */
  #marks: { readonly total: number; readonly record: number }[] = [];
  #waiting: (() => void)[] = [];
  #unanswered = 0;
  /** Pings answered since the client last showed that it reads. */
  #answered = 0;
  #state: "open" | "draining" | "closed" = "open";
  #farewell: { readonly code: string; readonly message: string } | null = null;

  constructor(socket: WebSocket, events: TunnelEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.addEventListener("message", ({ data }) => {
      this.#take(
        decodeFrame(typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer)),
      );
    });
    socket.addEventListener("close", () => this.#lost("The client closed its connection."));
    socket.addEventListener("error", () => this.#lost("The connection to the client was lost."));
  }

  opened(session: string): void {
    this.#put({ is: "opened", session, windowBytes: tunnelWindowBytes, server: "sluice" });
  }

  /** `record`: the last one that accounts for these bytes. */
  send(bytes: Uint8Array, record: number): void {
    if (this.#state === "closed") return;
    this.#outbox.push(bytes);
    this.#outboxBytes += bytes.length;
    this.#queued += bytes.length;
    const newest = this.#marks.at(-1);
    if (newest?.record === record) this.#marks.pop();
    this.#marks.push({ total: this.#queued, record });
    this.#flush();
  }

  /** Null: the target may be read now. Else wait. */
  room(): Promise<void> | null {
    if (this.#roomy || this.#state !== "open") return null;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  get #roomy(): boolean {
    return this.#outboxBytes === 0 && this.#send.available >= readBufferBytesBusy;
  }

  /** Bytes that the client sent and that have not been passed on: it gets credit for all others. */
  keeping(bytes: number): void {
    const consumed = this.#received - bytes;
    if (consumed <= this.#consumed) return;
    const total = this.#receive.consumed(consumed - this.#consumed);
    this.#consumed = consumed;
    if (total !== null) this.#put({ is: "ack", total });
  }

  /** False: the client has not answered for too long. */
  ping(): boolean {
    if (this.#unanswered >= unansweredPingsMax) return false;
    this.#unanswered++;
    this.#put({ is: "ping" });
    return true;
  }

  /**
   * Says goodbye once the client has taken what was sent to it; or at once, and what it had no room
   * for is dropped.
   */
  close(code: string, message: string, when: "drained" | "at once" = "drained"): void {
    if (this.#state !== "open") return;
    this.#state = "draining";
    this.#farewell = { code, message };
    this.#flush();
    if (when === "at once") this.#finish();
    else setTimeout(() => this.#finish(), drainMs);
    this.#release();
  }

  #flush(): void {
    while (this.#outbox.length > 0 && this.#send.available > 0) this.#sendNext();
    if (this.#outbox.length === 0 && this.#state === "draining") this.#finish();
  }

  #sendNext(): void {
    const next = this.#outbox[0] as Uint8Array;
    const length = Math.min(next.length, this.#send.available, dataBytesMax);
    if (length === next.length) this.#outbox.shift();
    else this.#outbox[0] = next.subarray(length);
    this.#outboxBytes -= length;
    this.#send.sent(length);
    this.#put({ is: "data", bytes: next.subarray(0, length) });
  }

  #take(frame: ReturnType<typeof decodeFrame>): void {
    if (this.#state === "closed") return;
    switch (frame.is) {
      case "data":
        this.#received += frame.bytes.length;
        if (!this.#receive.received(frame.bytes.length)) {
          return this.#broken("The peer sent more than the window allows.");
        }
        return this.#state === "open" ? this.#events.data(frame.bytes) : undefined;
      case "ack":
        return this.#acknowledged(frame.total);
      case "end":
        return this.#events.end();
      case "cancel":
        return this.#events.cancel(frame.key);
      case "ping":
        if (++this.#answered > pingsMax) return this.#broken("The peer pings without reading.");
        return this.#put({ is: "pong" });
      case "pong":
        this.#unanswered = 0;
        this.#answered = 0;
        return;
      case "close":
        return this.#lost(frame.message);
      case "opened":
        return this.#broken("The peer sent an opened frame, which is the gateway's.");
      case "invalid":
        return this.#broken(frame.message);
    }
  }

  #acknowledged(total: number): void {
    if (!this.#send.acknowledged(total)) {
      return this.#broken("The peer acknowledged what was never sent.");
    }
    let record: number | null = null;
    while ((this.#marks[0]?.total ?? Number.POSITIVE_INFINITY) <= total) {
      record = this.#marks.shift()?.record ?? null;
    }
    if (record !== null) this.#events.delivered(record);
    this.#flush();
    if (this.#roomy) this.#release();
  }

  #broken(message: string): void {
    this.#put({ is: "close", code: "protocol", message });
    this.#lost(message);
  }

  #lost(reason: string): void {
    if (this.#state === "closed") return;
    const wasOpen = this.#state === "open";
    this.#farewell = null;
    this.#finish();
    if (wasOpen) this.#events.lost(reason);
  }

  #finish(): void {
    if (this.#state === "closed") return;
    if (this.#farewell !== null) this.#put({ is: "close", ...this.#farewell });
    this.#state = "closed";
    this.#outbox = [];
    this.#outboxBytes = 0;
    try {
      this.#socket.close(1000);
    } catch {
      // The client had closed it already.
    }
    this.#release();
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #put(frame: Frame): void {
    if (this.#state === "closed") return;
    try {
      this.#socket.send(encodeFrame(frame));
    } catch {
      // The close event follows and ends the session.
    }
  }
}
