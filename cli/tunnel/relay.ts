import type { Socket } from "node:net";
import { hex } from "../../core/bytes.ts";
import { startupFailure } from "../../core/protocols/postgres/preface.ts";
import { EXIT, Failure } from "../failure.ts";
import { BackendKeyWatch } from "./backend-key.ts";
import type { Ending, Tunnel, TunnelEvents } from "./tunnel.ts";

/** Which tunnel's session got which cancel key (hex of process id and secret). */
export type CancelKeys = Map<string, Tunnel>;

export type RelayOptions = {
  readonly open: (events: TunnelEvents) => Promise<Tunnel>;
  readonly keys: CancelKeys;
  /** Tells the person why a session ended that did not end by itself. */
  readonly notice: (message: string) => void;
};

/**
 * One local connection over one tunnel, from its startup packet on. What the client sends is read
 * only as far as the gateway gives credit; what the gateway sends is acknowledged once the kernel
 * has taken it.
 */
export class Relay {
  readonly #socket: Socket;
  readonly #options: RelayOptions;
  readonly #keyWatch = new BackendKeyWatch();
  #key: string | null = null;
  #tunnel: Tunnel | null = null;
  #answered = false;

  constructor(socket: Socket, options: RelayOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** Never throws: the client is told in its own protocol. */
  async run(startup: Uint8Array): Promise<void> {
    const socket = this.#socket;
    try {
      this.#tunnel = await this.#options.open({
        data: (bytes) => this.#data(bytes),
        end: () => socket.end(),
        credit: () => this.#pump(),
        closed: (ending) => this.#closed(ending),
      });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#say(sqlstateOf(error), error.problem.detail);
      return;
    }
    if (socket.destroyed) {
      this.#tunnel.close(clientLeft);
      return;
    }
    this.#tunnel.send(startup);
    socket.on("close", () => this.#tunnel?.close(clientLeft));
    socket.on("end", () => this.#tunnel?.end());
    socket.on("readable", () => this.#pump());
    this.#pump();
  }

  #pump(): void {
    const tunnel = this.#tunnel;
    if (tunnel === null) return;
    while (tunnel.credit > 0) {
      const wanted = Math.min(tunnel.credit, this.#socket.readableLength);
      const bytes = this.#socket.read(wanted) as Buffer | null;
      if (bytes === null) return;
      tunnel.send(bytes);
    }
  }

  #data(bytes: Uint8Array): void {
    this.#answered = true;
    const key = this.#keyWatch.push(bytes);
    if (key !== null && this.#tunnel !== null) {
      this.#key = hex(key);
      this.#options.keys.set(this.#key, this.#tunnel);
    }
    this.#socket.write(bytes, (error) => {
      if (error === null || error === undefined) this.#tunnel?.consumed(bytes.length);
    });
  }

  #closed({ code, message }: Ending): void {
    if (this.#key !== null) this.#options.keys.delete(this.#key);
    if (!this.#answered) this.#say(sqlstateOfEnding(code), message);
    else this.#hangUp();
    if (this.#answered && code !== clientLeft.code) this.#options.notice(message);
  }

  #say(sqlstate: string, message: string): void {
    this.#socket.write(startupFailure(sqlstate, message));
    this.#hangUp();
  }

  /** What the client still sends goes nowhere; it must be read, or the socket never ends. */
  #hangUp(): void {
    this.#socket.removeAllListeners("readable");
    this.#socket.end();
    this.#socket.resume();
  }
}

const clientLeft: Ending = { code: "client_ended", message: "The client left." };

function sqlstateOfEnding(code: string): string {
  if (isSqlstate(code)) return code;
  return code === "upstream_unreachable" ? "08001" : "08006";
}

const isSqlstate = (code: string): boolean => /^[0-9A-Z]{5}$/.test(code);

/** PostgreSQL manual, appendix "Error Codes". */
function sqlstateOf({ exit, problem }: Failure): string {
  if (exit === EXIT.unreachable) return "08001";
  if (problem.status === 404) return "3D000";
  if (problem.status === 426) return "08P01";
  return isSqlstate(problem.code) ? problem.code : "28000";
}
