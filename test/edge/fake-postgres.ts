import { createServer, type Server, type Socket } from "node:net";
import { WHO_ARE_YOU } from "../../core/protocols/postgres/login.ts";

/** One message of PostgreSQL's protocol, by its letter. */
export const message = (type: string, body: Uint8Array): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const cstrings = (...texts: string[]): Buffer => Buffer.from(`${texts.join("\0")}\0`);

export const READY = message("Z", Buffer.from("I"));
/** Idle, in a transaction, in a failed one. */
export const READIES = ["I", "T", "E"].map((status) => message("Z", Buffer.from(status)));
export const inTransaction = message("Z", Buffer.from("T"));
export const copyData = (text: string): Buffer => message("d", Buffer.from(text));
export const copyDone = message("c", Buffer.alloc(0));
export const query = (sql: string): Buffer => message("Q", cstrings(sql));
export const startup = (database = "shop"): Buffer => {
  const body = Buffer.concat([
    Buffer.from([0, 3, 0, 0]),
    cstrings("user", "u", "database", database, ""),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([length, body]);
};
export const dataRow = (value: Buffer): Buffer => {
  const head = Buffer.alloc(6);
  head.writeUInt16BE(1);
  head.writeUInt32BE(value.length, 2);
  return message("D", Buffer.concat([head, value]));
};
/** One text column named `v`. */
export const ROW_DESCRIPTION = message(
  "T",
  Buffer.concat([
    Buffer.from([0, 1]),
    cstrings("v"),
    Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0]),
  ]),
);
export const complete = (tag: string): Buffer => message("C", cstrings(tag));

/** Left without an answer, as a busy server does. */
const CANCEL_REQUEST = Buffer.from([0x04, 0xd2, 0x16, 0x2e]);
const QUERY = 0x51;
const SYNC = 0x53;
const EXECUTE = 0x45;
const NO_SUCH_PORTAL = message("E", cstrings("SERROR", "VERROR", "C34000", "Mno portal", ""));

/**
 * A PostgreSQL with an empty catalog that trusts everybody, and answers each query as the test
 * says.
 */
export class FakePostgres {
  /** Without the gateway's own, which read the catalog. */
  readonly queries: string[] = [];
  readonly sockets: Socket[] = [];
  port = 0;
  #server: Server;

  constructor(answer: (sql: string, socket: Socket) => void) {
    this.#server = createServer((socket) => {
      this.sockets.push(socket);
      let input = Buffer.alloc(0);
      let started = false;
      socket.on("error", () => {});
      socket.on("data", (bytes) => {
        input = Buffer.concat([input, bytes]);
        for (;;) {
          const offset = started ? 1 : 0;
          if (input.length < offset + 4) return;
          const length = offset + input.readUInt32BE(offset);
          if (input.length < length) return;
          const taken = input.subarray(0, length);
          input = input.subarray(length);
          if (started) this.#one(taken, socket, answer);
          else if (!taken.includes(CANCEL_REQUEST)) socket.write(this.#welcome());
          started = true;
        }
      });
    });
  }

  #one(taken: Buffer, socket: Socket, answer: (sql: string, socket: Socket) => void): void {
    if (taken[0] === SYNC) socket.write(READY);
    if (taken[0] === EXECUTE) socket.write(NO_SUCH_PORTAL);
    if (taken[0] !== QUERY) return;
    const sql = taken.toString("utf8", 5, taken.length - 1);
    if (sql === WHO_ARE_YOU) {
      socket.write(
        Buffer.concat([ROW_DESCRIPTION, dataRow(Buffer.from("1")), complete("SELECT 1"), READY]),
      );
      return;
    }
    if (sql.includes("pg_catalog")) {
      socket.write(Buffer.concat([ROW_DESCRIPTION, complete("SELECT 0"), READY]));
      return;
    }
    this.queries.push(sql);
    answer(sql, socket);
  }

  #welcome(): Buffer {
    const parameters = [
      ["server_version", "18.0"],
      ["server_encoding", "UTF8"],
      ["client_encoding", "UTF8"],
      ["DateStyle", "ISO, MDY"],
      ["integer_datetimes", "on"],
      ["standard_conforming_strings", "on"],
    ].map((pair) => message("S", cstrings(...pair)));
    const key = message("K", Buffer.from([0, 0, 0, 1, 0, 0, 0, 2]));
    return Buffer.concat([message("R", Buffer.alloc(4)), ...parameters, key, READY]);
  }

  listen(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.listen(0, "127.0.0.1", () => {
        this.port = (this.#server.address() as { port: number }).port;
        resolve();
      });
    });
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
