import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { concat, EMPTY, i32, utf8 } from "../../core/bytes.ts";
import { logIn, type LoginResult } from "../../core/protocols/postgres/login.ts";
import { message } from "../../core/protocols/postgres/messages.ts";
import type { PostgresResource } from "../../core/session.ts";
import { type Postgres, startPostgres } from "../../demo/postgres.ts";
import { sampleSpec, seededCrypto } from "./values.ts";

export type RealPostgres = Postgres & { readonly password: string };

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** An empty PostgreSQL of its own; `stop` removes it. */
export async function realPostgres(): Promise<RealPostgres> {
  const dataDir = mkdtempSync(join(tmpdir(), "sluice-real-"));
  const password = "s3cret";
  const postgres = await startPostgres({ port: await freePort(), dataDir, password });
  return {
    ...postgres,
    password,
    stop: async () => {
      await postgres.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export type Answer = { readonly letter: string; readonly body: Uint8Array };

/** A connection that speaks raw messages, opened by the login that the gateway uses. */
export class RawConnection {
  readonly #socket: Socket;
  #buffer: Uint8Array = EMPTY;
  #wake: () => void = () => {};
  #broken: Error | null = null;

  private constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    // A server that has refused may reset the connection while it is being closed.
    this.#socket.on("error", (error) => {
      this.#broken = error;
      this.#wake();
    });
    this.#socket.on("data", (bytes) => {
      this.#buffer = concat([this.#buffer, new Uint8Array(bytes)]);
      this.#wake();
    });
  }

  static async logIn(
    port: number,
    user: string,
    password: string | null,
    over: { readonly protocolMinor?: 0 | 2; readonly tls?: "verify-full" } = {},
  ): Promise<{ readonly result: LoginResult; readonly connection: RawConnection }> {
    const connection = new RawConnection(port);
    const { tls = "disable", protocolMinor = 2 } = over;
    const resource: PostgresResource = {
      ...sampleSpec().resource,
      port,
      user,
      database: "postgres",
      tls,
    };
    const login = logIn({
      resource,
      password: password === null ? null : utf8(password),
      crypto: seededCrypto(),
      protocolMinor,
      parameters: [
        ["user", user],
        ["database", "postgres"],
        ["client_encoding", "UTF8"],
      ],
    });
    let next = login.next();
    while (next.done !== true) {
      let given: Uint8Array = EMPTY;
      if ("send" in next.value) connection.send(next.value.send);
      else if ("read" in next.value) given = await connection.#read(next.value.read);
      next = login.next(given);
    }
    return { result: next.value, connection };
  }

  send(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  async #read(what: "byte" | "message"): Promise<Uint8Array> {
    for (;;) {
      const bytes = this.#buffer;
      const length = what === "byte" ? 1 : bytes.length < 5 ? Infinity : 1 + i32(bytes, 1);
      if (bytes.length >= length) {
        this.#buffer = bytes.slice(length);
        return bytes.slice(0, length);
      }
      if (this.#broken !== null) throw this.#broken;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Everything that the server says to a simple query, up to ReadyForQuery. */
  async query(sql: string): Promise<readonly Answer[]> {
    this.send(message("Q", utf8(`${sql}\0`)));
    const answers: Answer[] = [];
    for (;;) {
      const bytes = await this.#read("message");
      const letter = String.fromCharCode(bytes[0] as number);
      if (letter === "Z") return answers;
      answers.push({ letter, body: bytes.subarray(5) });
    }
  }

  /**
   * Sends, and hands over what comes back until `heard` says that it was all, or the server ends.
   */
  exchange(said: Uint8Array, heard: (bytes: Uint8Array) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        this.close();
        resolve();
      };
      this.#socket.removeAllListeners("data");
      this.#socket.on("data", (bytes) => heard(new Uint8Array(bytes)) && finish());
      this.#socket.on("close", () => resolve());
      this.send(said);
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}
