import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import WebSocket from "ws";
import { concat } from "../../core/bytes.ts";
import { encodeExportHeader } from "../../core/recording/chunk.ts";
import { chunksIn, replay, verify } from "../../core/recording/reader.ts";
import { decodeRecord, type StoredFact } from "../../core/recording/record.ts";
import type { SessionSpec } from "../../core/session.ts";
import { decodeFrame, encodeFrame, type Frame, SUBPROTOCOL } from "../../core/tunnel/frames.ts";
import { bundleWorker } from "../../demo/bundle.ts";
import { type Gateway, startGateway } from "../../demo/gateway.ts";
import { namedKeys, type NamedKey, signingPair } from "../../store/keys.ts";
import { newId } from "../../store/ids.ts";
import { sampleSpec } from "../support/values.ts";

/** Engineers may do everything; what deletes waits for a lead. */
export const OPEN_POLICY = `
resources:
  - { name: shop-db, type: postgres, host: 127.0.0.1, database: shop, user: sluice,
      tls: disable, network: private }
guardrails:
  - { id: careful, when: '"delete" in command.operations', then: review, reviewers: [leads] }
grants:
  - { id: all, groups: [engineers], resources: [shop-db], access: [read, write, schema, admin] }
`;

export type Ended = {
  readonly end_code: string;
  readonly end_message: string;
  readonly commands: number;
};

export class Edge {
  readonly gateway: Gateway;
  readonly #folder: string;

  private constructor(gateway: Gateway, folder: string) {
    this.gateway = gateway;
    this.#folder = folder;
  }

  static async start(more: { readonly trustedAuthority?: string } = {}): Promise<Edge> {
    const folder = mkdtempSync(join(tmpdir(), "sluice-edge-"));
    const modules = await bundleWorker(join(import.meta.dirname, "entry.ts"));
    const log = () => {};
    const port = await freePort();
    return new Edge(
      await startGateway({ port, stateDir: folder, vars: {}, modules, log, ...more }),
      folder,
    );
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** RPC on an object. Throws what it threw. */
  async call<T>(binding: string, id: string, method: string, ...args: unknown[]): Promise<T> {
    const body = JSON.stringify({ id, method, args });
    const answer = await fetch(`${this.gateway.url}/call/${binding}`, { method: "POST", body });
    const { value, error } = (await answer.json()) as { value: T; error?: string };
    if (error !== undefined) throw new Error(error);
    return value;
  }

  spec(port: number, over: Partial<SessionSpec> = {}): SessionSpec {
    const spec = sampleSpec();
    const resource = { ...spec.resource, id: newId("res"), port };
    const policy = { version: "pol_1", source: OPEN_POLICY };
    return { ...spec, id: newId("ses"), openedAt: Date.now(), policy, resource, ...over };
  }

  prepare(spec: SessionSpec): Promise<void> {
    return this.call("SESSIONS", spec.id, "prepare", spec);
  }

  async open(spec: SessionSpec): Promise<Client> {
    await this.prepare(spec);
    return Client.connect(`${this.gateway.url.replace("http", "ws")}/session/${spec.id}`);
  }

  /** Whether the store for recordings takes anything. */
  async store(state: "up" | "down"): Promise<void> {
    await fetch(`${this.gateway.url}/store/${state}`);
  }

  /** Records that the object still has. */
  async journal(session: string): Promise<readonly StoredFact[]> {
    type Answer = { records: readonly string[] };
    const { records } = await this.call<Answer>("SESSIONS", session, "records", 1);
    return records.flatMap((record) => decodeRecord(Buffer.from(record, "base64"))?.fact ?? []);
  }

  /** What the deployment signs and seals with. */
  keys(): { readonly SIGNING_KEYS: string; readonly SEALING_KEYS: string } {
    return JSON.parse(readFileSync(join(this.#folder, "keys.json"), "utf8"));
  }

  /** Everything that the store has, as `export --raw` writes it. */
  async #export(session: string): Promise<Uint8Array> {
    const row = await this.row<{ header: string }>("select * from sessions where id = ?", session);
    const bucket = await this.gateway.miniflare.getR2Bucket("RECORDINGS");
    const { objects } = await bucket.list({ prefix: `recordings/${session}/` });
    const chunks: Uint8Array[] = [encodeExportHeader(row?.header ?? "")];
    for (const { key } of objects) {
      const object = await bucket.get(key);
      chunks.push(new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer()));
    }
    return concat(chunks);
  }

  /** The facts of everything that the store has. */
  async recording(session: string): Promise<readonly StoredFact[]> {
    const facts: StoredFact[] = [];
    for (const { head, body } of chunksIn(await this.#export(session))) {
      for (const { fact } of replay(head.first, gunzipSync(body))) facts.push(fact);
    }
    return facts;
  }

  /** The session's closing row, once it has one. */
  ended(session: string): Promise<Ended | null> {
    return this.row("select * from sessions where id = ? and ended_at is not null", session);
  }

  /** What `audit verify` says of everything that the store has. */
  async verdict(session: string): Promise<string> {
    const [seed] = namedKeys("SIGNING_KEYS", this.keys().SIGNING_KEYS);
    const { publicKey } = await signingPair(seed as NamedKey, "recording");
    const verdict = await verify(await this.#export(session), {
      digest: async (data) =>
        Buffer.from(await crypto.subtle.digest("SHA-256", data as BufferSource)),
      gunzip: (data) => gunzipSync(data),
      verifies: (_, signature, signed) =>
        crypto.subtle.verify(
          "Ed25519",
          publicKey,
          signature as BufferSource,
          signed as BufferSource,
        ),
    });
    return verdict.is;
  }

  /** One row of D1, or null. */
  async row<T>(query: string, ...values: string[]): Promise<T | null> {
    const db = await this.gateway.miniflare.getD1Database("DB");
    return db
      .prepare(query)
      .bind(...values)
      .first<T>();
  }
}

/** A client that acknowledges only when it is told to. */
export class Client {
  readonly frames: Frame[] = [];
  readonly socket: WebSocket;
  received: Buffer = Buffer.alloc(0);
  total = 0;
  /** Passes everything on at once, as a client does whose reader never waits. */
  acknowledges = false;
  #readyAt = 0;
  #changed: (() => void)[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (message: Buffer) => {
      const frame = decodeFrame(new Uint8Array(message));
      if (frame.is === "invalid") throw new Error(frame.message);
      if (frame.is === "data") {
        this.received = Buffer.concat([this.received, frame.bytes]);
        this.total += frame.bytes.length;
        if (this.acknowledges) this.acknowledge();
      } else this.frames.push(frame);
      this.#notify();
    });
    socket.on("error", () => {});
    socket.on("close", () => this.#notify());
  }

  static connect(url: string): Promise<Client> {
    const socket = new WebSocket(url, [SUBPROTOCOL], { perMessageDeflate: false });
    return new Promise((resolve, reject) => {
      const client = new Client(socket);
      socket.once("open", () => resolve(client));
      socket.once("unexpected-response", (_, { statusCode }) => reject(new Error(`${statusCode}`)));
    });
  }

  put(frame: Frame): void {
    this.socket.send(encodeFrame(frame));
  }

  send(bytes: Uint8Array): void {
    this.put({ is: "data", bytes });
  }

  acknowledge(): void {
    this.put({ is: "ack", total: this.total });
  }

  async until<T>(ready: () => T | undefined | false): Promise<T> {
    for (;;) {
      const value = ready();
      if (value !== undefined && value !== false) return value;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(this.#story());
      await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
  }

  frame<K extends Frame["is"]>(is: K): Promise<Extract<Frame, { is: K }>> {
    return this.until(() =>
      this.frames.find((one): one is Extract<Frame, { is: K }> => one.is === is),
    );
  }

  /** Through the login, up to the first ReadyForQuery. */
  async logIn(database?: string): Promise<this> {
    await this.frame("opened");
    this.send(startup(database));
    await this.answered();
    return this;
  }

  /** Up to as many more ReadyForQuery; nothing is forgotten. */
  async ready(more = 1): Promise<void> {
    for (let n = 0; n < more; n++) {
      const at = await this.until(() => {
        const found = READIES.map((one) => this.received.indexOf(one, this.#readyAt));
        const first = Math.min(...found.map((at) => (at < 0 ? Number.POSITIVE_INFINITY : at)));
        return first < Number.POSITIVE_INFINITY && first + 1;
      });
      this.#readyAt = at;
    }
  }

  /** Up to ReadyForQuery; then what came is forgotten. */
  async answered(): Promise<Buffer> {
    await this.until(() => this.received.includes(READY));
    const { received } = this;
    this.received = Buffer.alloc(0);
    return received;
  }

  #story(): string {
    return `closed after ${this.received.length} bytes and ${JSON.stringify(this.frames)}`;
  }

  #notify(): void {
    for (const resolve of this.#changed.splice(0)) resolve();
  }
}

/** Waits for something outside that has no event of its own. */
export async function eventually<T>(look: () => Promise<T | null | false>): Promise<T> {
  for (;;) {
    const value = await look();
    if (value !== null && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const message = (type: string, body: Uint8Array): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const cstrings = (...texts: string[]): Buffer => Buffer.from(`${texts.join("\0")}\0`);

export const READY = message("Z", Buffer.from("I"));
/** Idle, in a transaction, in a failed one. */
const READIES = ["I", "T", "E"].map((status) => message("Z", Buffer.from(status)));
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
          else socket.write(this.#welcome());
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
