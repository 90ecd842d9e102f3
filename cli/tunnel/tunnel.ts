import type { IncomingMessage } from "node:http";
import WebSocket from "ws";
import { pingSeconds, tunnelFrameBytesMax } from "../../core/limits.ts";
import {
  dataBytesMax,
  decodeFrame,
  encodeFrame,
  type Frame,
  SUBPROTOCOL,
} from "../../core/tunnel/frames.ts";
import { ReceiveWindow, SendWindow } from "../../core/tunnel/window.ts";
import { answered, type Failure, reasonOf, refused, unreachable } from "../failure.ts";

const handshakeSeconds = 15;
/** A gateway that does not answer a close keeps nobody waiting. */
const closeSeconds = 2;
/** Two pings that nobody answered: the connection is gone, whatever TCP believes. */
const unansweredPingsMax = 2;
const problemBytesMax = 64 * 1024;

export type Ending = { readonly code: string; readonly message: string };

/** Whom the tunnel tells, once it is open. */
export type TunnelEvents = {
  /** Pass it on, then say `consumed`. */
  data(bytes: Uint8Array): void;
  /** The gateway's side sends no more data. */
  end(): void;
  /** `credit` grew. */
  credit(): void;
  /** The last call. `code` as docs/tunnel.md lists them. */
  closed(ending: Ending): void;
};

/** The promise of `Tunnel.open`, until the first frame settles it. */
type Opening = { resolve(tunnel: Tunnel): void; reject(failure: Failure): void };

/** One session: one WebSocket that speaks `sluice.tunnel.1` (docs/tunnel.md). */
export class Tunnel {
  /** The session's id, for people. */
  session = "";
  readonly #url: string;
  readonly #socket: WebSocket;
  readonly #events: TunnelEvents;
  readonly #receive = new ReceiveWindow();
  #send = new SendWindow(0);
  #opening: Opening | null;
  #timer: NodeJS.Timeout;
  #unanswered = 0;
  #ending: Ending | null = null;

  private constructor(url: string, socket: WebSocket, events: TunnelEvents, opening: Opening) {
    this.#url = url;
    this.#socket = socket;
    this.#events = events;
    this.#opening = opening;
    this.#timer = setTimeout(() => this.#fail("no answer in time"), handshakeSeconds * 1000);
    socket.on("message", (message: Buffer, binary) => {
      this.#take(decodeFrame(binary ? message : message.toString()));
    });
    socket.on("unexpected-response", (_, response) => void this.#refused(response));
    socket.on("error", (error) => this.#lost(reasonOf(error)));
    socket.on("close", () => this.#lost(lostMessage));
  }

  /**
   * Opens a session on the resource and waits for the gateway's `opened`. Throws a Failure: what
   * the gateway answered instead of 101, or that it cannot be reached.
   */
  static open(url: string, resource: string, token: string, events: TunnelEvents): Promise<Tunnel> {
    const address = `${url.replace(/^http/, "ws")}/tunnel/${encodeURIComponent(resource)}`;
    // The types do not know `closeTimeout` yet.
    const options: WebSocket.ClientOptions & { closeTimeout: number } = {
      headers: { authorization: `Bearer ${token}` },
      maxPayload: tunnelFrameBytesMax,
      closeTimeout: closeSeconds * 1000,
      perMessageDeflate: false,
    };
    const socket = new WebSocket(address, [SUBPROTOCOL], options);
    return new Promise((resolve, reject) => {
      new Tunnel(url, socket, events, { resolve, reject });
    });
  }

  /** Bytes of data that may be sent now. */
  get credit(): number {
    return this.#ending === null ? Math.min(this.#send.available, dataBytesMax) : 0;
  }

  /** At most `credit` bytes. */
  send(bytes: Uint8Array): void {
    this.#send.sent(bytes.length);
    this.#put({ is: "data", bytes });
  }

  /** `bytes` of data reached the kernel on this side. */
  consumed(bytes: number): void {
    this.#acknowledge(this.#receive.consumed(bytes));
  }

  /** The recording says how far the client got: the last word before an end is exact. */
  #acknowledge(total: number | null = this.#receive.flush()): void {
    if (total !== null) this.#put({ is: "ack", total });
  }

  end(): void {
    this.#acknowledge();
    this.#put({ is: "end" });
  }

  cancel(key: Uint8Array): void {
    this.#put({ is: "cancel", key });
  }

  /** Ends the session from this side. */
  close(ending: Ending): void {
    this.#acknowledge();
    this.#put({ is: "close", ...ending });
    this.#finish(ending);
  }

  #put(frame: Frame): void {
    if (this.#ending === null) this.#socket.send(encodeFrame(frame));
  }

  #take(frame: ReturnType<typeof decodeFrame>): void {
    if (this.#ending !== null) return;
    if (this.#opening !== null) this.#first(frame, this.#opening);
    else this.#next(frame);
  }

  #first(frame: ReturnType<typeof decodeFrame>, opening: Opening): void {
    if (frame.is === "close") {
      this.#abandon(refused(frame.code, frame.message));
    } else if (frame.is !== "opened") {
      this.#fail(frame.is === "invalid" ? frame.message : `it began with a frame ${frame.is}`);
    } else {
      this.#opening = null;
      this.session = frame.session;
      this.#send = new SendWindow(frame.windowBytes);
      clearTimeout(this.#timer);
      this.#timer = setInterval(() => this.#ping(), pingSeconds * 1000);
      opening.resolve(this);
    }
  }

  #next(frame: ReturnType<typeof decodeFrame>): void {
    switch (frame.is) {
      case "data":
        if (this.#receive.received(frame.bytes.length)) this.#events.data(frame.bytes);
        else this.#broken("The gateway sent more than the window allows.");
        return;
      case "ack":
        if (this.#send.acknowledged(frame.total)) this.#events.credit();
        else this.#broken("The gateway acknowledged what was not sent.");
        return;
      case "end":
        this.#events.end();
        return;
      case "close":
        this.#finish(frame);
        return;
      case "ping":
        this.#acknowledge();
        this.#put({ is: "pong" });
        return;
      case "pong":
        this.#unanswered = 0;
        return;
      case "cancel":
      case "opened":
        this.#broken(`The gateway sent a frame ${frame.is} where none may be.`);
        return;
      case "invalid":
        this.#broken(frame.message);
    }
  }

  #ping(): void {
    if (this.#unanswered >= unansweredPingsMax) this.#lost(lostMessage);
    this.#unanswered++;
    this.#acknowledge();
    this.#put({ is: "ping" });
  }

  #broken(message: string): void {
    this.close({ code: "protocol", message });
  }

  /** An HTTP answer other than 101. */
  async #refused(response: IncomingMessage): Promise<void> {
    try {
      this.#abandon(answered(response.statusCode ?? 0, await readProblem(response)));
    } catch (error) {
      this.#fail(reasonOf(error));
    }
  }

  #lost(message: string): void {
    if (this.#opening !== null) this.#fail(message);
    else this.#finish({ code: "08006", message });
  }

  #fail(why: string): void {
    this.#abandon(unreachable(this.#url, why));
  }

  /** It never opened. */
  #abandon(failure: Failure): void {
    const opening = this.#opening;
    if (opening === null) return;
    this.#opening = null;
    this.#ending = { code: failure.problem.code, message: failure.problem.detail };
    clearTimeout(this.#timer);
    this.#socket.terminate();
    opening.reject(failure);
  }

  #finish({ code, message }: Ending): void {
    if (this.#ending !== null) return;
    this.#ending = { code, message };
    clearInterval(this.#timer);
    this.#socket.close(1000);
    this.#events.closed(this.#ending);
  }
}

const lostMessage = "The connection to the gateway was lost.";

async function readProblem(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > problemBytesMax) break;
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
