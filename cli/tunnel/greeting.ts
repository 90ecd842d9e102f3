import { createHash, timingSafeEqual } from "node:crypto";
import type { Socket } from "node:net";
import {
  authenticationRefused,
  declineTls,
  passwordChallenge,
  readPassword,
  readStartup,
  startupFailure,
} from "../../core/protocols/postgres/preface.ts";

/** People type passwords; programs that say nothing are let go. */
const greetingSeconds = 60;

export type Greeting =
  | { readonly is: "startup"; readonly packet: Uint8Array }
  /** Process id and secret, as in BackendKeyData. */
  | { readonly is: "cancel"; readonly key: Uint8Array }
  /** The client left, or was told why it must. */
  | { readonly is: "over" };

const OVER: Greeting = { is: "over" };

/**
 * A client's first packets (PostgreSQL manual, "Message Flow", "Start-up"), answered on this
 * machine: TLS is declined, a listener that asks for a password gets it. What follows stays in
 * the socket.
 */
export async function greet(socket: Socket, password: string | null): Promise<Greeting> {
  const late = setTimeout(() => socket.destroy(), greetingSeconds * 1000);
  const incoming = new Incoming(socket);
  try {
    const first = await startup(socket, incoming);
    if (first.is !== "startup" || password === null) return first;
    return (await knows(socket, incoming, password)) ? first : OVER;
  } finally {
    clearTimeout(late);
    incoming.giveBack();
  }
}

async function startup(socket: Socket, incoming: Incoming): Promise<Greeting> {
  for (;;) {
    const first = readStartup(incoming.bytes);
    switch (first.is) {
      case "more":
        if (!(await incoming.more())) return OVER;
        break;
      case "ssl":
      case "gss":
        incoming.take(first.length);
        socket.write(declineTls());
        break;
      case "cancel":
        return { is: "cancel", key: incoming.take(first.length).subarray(8) };
      case "startup":
        return { is: "startup", packet: incoming.take(first.length) };
      case "malformed":
        socket.end(startupFailure("08P01", first.message));
        return OVER;
    }
  }
}

async function knows(socket: Socket, incoming: Incoming, password: string): Promise<boolean> {
  socket.write(passwordChallenge());
  for (;;) {
    const said = readPassword(incoming.bytes);
    if (said.is === "more") {
      if (!(await incoming.more())) return false;
      continue;
    }
    if (said.is === "password") {
      incoming.take(said.length);
      if (same(said.password, password)) return true;
    }
    socket.end(authenticationRefused());
    return false;
  }
}

/** In a time that says nothing of the password. */
function same(given: Uint8Array | string, expected: string): boolean {
  const digest = (value: Uint8Array | string) => createHash("sha256").update(value).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** A socket's bytes so far. Reads nothing beyond what is asked for. */
class Incoming {
  bytes: Uint8Array = new Uint8Array(0);
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** False when no more comes. */
  async more(): Promise<boolean> {
    for (;;) {
      const chunk = this.#socket.read() as Buffer | null;
      if (chunk !== null) {
        this.bytes = Buffer.concat([this.bytes, chunk]);
        return true;
      }
      if (!(await this.#readable())) return false;
    }
  }

  take(length: number): Uint8Array {
    const taken = this.bytes.subarray(0, length);
    this.bytes = this.bytes.subarray(length);
    return taken;
  }

  giveBack(): void {
    if (this.bytes.length > 0 && !this.#socket.readableEnded) this.#socket.unshift(this.bytes);
  }

  #readable(): Promise<boolean> {
    const socket = this.#socket;
    if (socket.readableEnded || socket.destroyed) return Promise.resolve(false);
    return new Promise((resolve) => {
      const done = (more: boolean) => {
        for (const event of ["end", "close"]) socket.off(event, no);
        socket.off("readable", yes);
        resolve(more);
      };
      const yes = () => done(true);
      const no = () => done(false);
      socket.once("readable", yes).once("end", no).once("close", no);
    });
  }
}
