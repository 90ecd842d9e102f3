import { journalBytesMax } from "../../core/limits.ts";
import type { Side, SocketEffect, SocketExchange, SocketInput } from "../../core/socket-path.ts";
import type { HeldCommand } from "../held-command.ts";
import type { LiveExchanges } from "./live.ts";

export type LiveSocketParts = {
  readonly session: LiveExchanges;
  /** For one message at a time. */
  readonly held: HeldCommand;
  readonly socket: SocketExchange;
  /** Neither has been accepted yet. */
  readonly ends: Readonly<Record<Side, WebSocket>>;
  /** Called once, when both have been closed. */
  readonly over: () => void;
};

/**
 * A WebSocket with the gate in its middle: the socket's effects, performed in order. Frames, pings
 * and the closing handshake are the platform's.
 */
export class LiveSocket {
  readonly #parts: LiveSocketParts;
  #ended = false;

  constructor(parts: LiveSocketParts) {
    this.#parts = parts;
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
      this.step({ on: "message", from, message });
    });
    end.addEventListener("close", ({ code, reason }) => {
      this.step({ on: "closed", from, code, reason });
    });
    end.addEventListener("error", () => {
      this.step({ on: "closed", from, code: BROKEN_OFF, reason: "" });
    });
  }

  step(input: SocketInput): void {
    const { session, socket } = this.#parts;
    this.#perform(() => socket.step(input, session.now()));
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
