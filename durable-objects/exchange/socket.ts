import type { UnixMs } from "../../core/decision.ts";
import { exchangesIdleSeconds, journalBytesMax, socketWaitingMax } from "../../core/limits.ts";
import {
  bytesOf,
  type Side,
  type SocketEffect,
  type SocketExchange,
  type SocketInput,
} from "../../core/socket-path.ts";
import type { Overdrawn } from "../caller.ts";
import type { HeldCommand } from "../held-command.ts";
import type { LiveExchanges } from "./live.ts";

export type LiveSocketParts = {
  readonly session: LiveExchanges;
  /** For one message at a time. */
  readonly held: HeldCommand;
  readonly socket: SocketExchange;
  /** Neither has been accepted yet. */
  readonly ends: Readonly<Record<Side, WebSocket>>;
  /** Called with the bytes of each message to the client. */
  readonly sent: (bytes: number) => void;
  /** Counts a message of the client on its principal's budgets. Null: it may be looked at. */
  readonly overdrawn: () => Promise<Overdrawn | null>;
  /** Called once, when both have been closed. */
  readonly over: () => void;
};

type Heard = Extract<SocketInput, { readonly from: Side }>;

/**
 * A WebSocket with the gate in its middle: the socket's effects, performed in order. Frames, pings
 * and the closing handshake are the platform's.
 */
export class LiveSocket {
  readonly #parts: LiveSocketParts;
  #ended = false;
  #heardAt: UnixMs;
  /** Of the client: what waits to be counted. */
  #counting = 0;
  #counted: Promise<void> = Promise.resolve();

  constructor(parts: LiveSocketParts) {
    this.#parts = parts;
    this.#heardAt = parts.session.now();
    for (const side of ["client", "service"] as const) this.#listen(side);
  }

  #listen(from: Side): void {
    const end = this.#parts.ends[from];
    end.accept();
    end.binaryType = "arraybuffer";
    end.addEventListener("message", ({ data }: MessageEvent) => {
      const { bytes } = this.#parts.session.journal;
      if (bytes >= journalBytesMax) this.step({ on: "behind" });
      const message = typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer);
      this.#hear({ on: "message", from, message });
    });
    end.addEventListener("close", ({ code, reason }) => {
      this.#hear({ on: "closed", from, code, reason });
    });
    end.addEventListener("error", () => {
      this.#hear({ on: "closed", from, code: BROKEN_OFF, reason: "" });
    });
  }

  /** What the client says waits for its budgets, in its order. */
  #hear(input: Heard): void {
    const { session } = this.#parts;
    this.#heardAt = session.now();
    const waits = session.budgets.length > 0 || this.#counting > 0;
    if (input.from === "service" || !waits) return this.step(input);
    this.#counting++;
    if (this.#counting > socketWaitingMax) this.step({ on: "behind" });
    this.#counted = this.#counted.then(async () => {
      await this.#count(input).catch(() => this.step({ on: "behind" }));
      this.#counting--;
    });
  }

  async #count(input: Heard): Promise<void> {
    const over = input.on === "message" && !this.#ended ? await this.#parts.overdrawn() : null;
    if (over !== null) this.step({ on: "over", budget: over.budget });
    this.step(input);
  }

  step(input: SocketInput): void {
    const { session, socket } = this.#parts;
    this.#perform(() => socket.step(input, session.now()));
  }

  /** Asked with each ping of the session: a client that is gone without a word says nothing. */
  beat(): void {
    const idleMs = this.#parts.session.now() - this.#heardAt;
    if (idleMs >= exchangesIdleSeconds * 1000) this.step({ on: "idle" });
  }

  adopted(): void {
    const { session, socket } = this.#parts;
    this.#perform(() => socket.adopted(session.now()));
  }

  revoked(reason: string): void {
    const { session, socket } = this.#parts;
    this.#perform(() => socket.revoked(reason, session.now()));
  }

  #perform(turn: () => readonly SocketEffect[]): void {
    try {
      for (const effect of turn()) this.#do(effect);
    } catch (error) {
      if (this.#ended) return;
      this.#close("client", FAILED, "The gateway failed.");
      this.#close("service", GOING_AWAY, "");
      this.#end();
      this.#parts.session.unrecorded(error);
    }
  }

  #do(effect: SocketEffect): void {
    switch (effect.do) {
      case "append":
        return this.#parts.session.record(effect.events);
      case "deliver":
        if (effect.to === "client") this.#parts.sent(bytesOf(effect.message).length);
        return this.#parts.ends[effect.to].send(effect.message);
      case "ask":
        return void this.#parts.held.ask(effect);
      case "withdraw":
        return this.#parts.held.withdraw();
      case "close":
        return this.#close(effect.to, effect.code, effect.reason);
      case "finish":
        return this.#end();
    }
  }

  /** One that is closed already has nothing more to be told. */
  #close(to: Side, code: number | null, reason: string): void {
    try {
      if (code === null) this.#parts.ends[to].close();
      else this.#parts.ends[to].close(code, reason);
    } catch {
      // It is closed already.
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#parts.over();
  }
}

const GOING_AWAY = 1001;
/** No close came (RFC 6455 section 7.4.1). */
const BROKEN_OFF = 1006;
const FAILED = 1011;
