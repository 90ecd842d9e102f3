import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hex } from "../../core/bytes.ts";
import { reasonOf, refused } from "../failure.ts";
import { greet } from "./greeting.ts";
import { type CancelKeys, Relay, type RelayOptions } from "./relay.ts";

/**
 * How local programs come in. A Unix socket is guarded by its directory's mode; a TCP port is
 * open to every user and every web page of this machine, so it asks for a password of its own.
 */
export type Door =
  | { readonly kind: "socket"; readonly directory: string; readonly port: number }
  | { readonly kind: "tcp"; readonly port: number; readonly password: string };

export type ListenerOptions = Omit<RelayOptions, "keys">;

const socketPort = 5432;
/** sun_path holds 104 bytes on macOS, 108 on Linux. */
const socketPathBytesMax = 103;

/** The local end: each connection that comes in is a session of its own. */
export class Listener {
  readonly door: Door;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #keys: CancelKeys = new Map();

  private constructor(door: Door, server: Server, options: ListenerOptions) {
    this.door = door;
    this.#server = server;
    server.on("connection", (socket) => void this.#serve(socket, options));
  }

  /** A socket in a fresh directory that nobody else may enter. */
  static async onSocket(options: ListenerOptions): Promise<Listener> {
    const directory = await mkdtemp(join(shortTemporary(), "sluice-"));
    const server = createServer({ allowHalfOpen: true });
    const door: Door = { kind: "socket", directory, port: socketPort };
    const listener = new Listener(door, server, options);
    await listen(server, { path: join(directory, `.s.PGSQL.${socketPort}`) });
    return listener;
  }

  /**
   * A port of the loopback interface; 0 lets the system choose. Throws a Failure when it is
   * taken.
   */
  static async onPort(port: number, options: ListenerOptions): Promise<Listener> {
    const server = createServer({ allowHalfOpen: true });
    await listen(server, { port, host: "127.0.0.1" });
    const chosen = (server.address() as AddressInfo).port;
    const password = randomBytes(18).toString("base64url");
    return new Listener({ kind: "tcp", port: chosen, password }, server, options);
  }

  /** Ends every session and removes the socket. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    if (this.door.kind === "socket")
      await rm(this.door.directory, { recursive: true, force: true });
  }

  async #serve(socket: Socket, options: ListenerOptions): Promise<void> {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    const greeting = await greet(socket, this.door.kind === "tcp" ? this.door.password : null);
    if (greeting.is === "startup") {
      await new Relay(socket, { ...options, keys: this.#keys }).run(greeting.packet);
    } else if (greeting.is === "cancel") {
      this.#keys.get(hex(greeting.key))?.cancel(greeting.key.subarray(4));
      socket.end();
    }
  }
}

function shortTemporary(): string {
  const name = join(tmpdir(), "sluice-XXXXXX", `.s.PGSQL.${socketPort}`);
  return Buffer.byteLength(name) <= socketPathBytesMax ? tmpdir() : "/tmp";
}

function listen(
  server: Server,
  where: { readonly path: string } | { readonly port: number; readonly host: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(refused("cannot_listen", reasonOf(error))));
    server.listen(where, resolve);
  });
}
