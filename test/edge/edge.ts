import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Plugin } from "esbuild";
import WebSocket from "ws";
import { concat } from "../../core/bytes.ts";
import { encodeExportHeader } from "../../core/recording/chunk.ts";
import { chunksIn, replay, verify } from "../../core/recording/reader.ts";
import { decodeRecord, type StoredFact } from "../../core/recording/record.ts";
import type { SessionSpec } from "../../core/session.ts";
import { decodeFrame, encodeFrame, type Frame, SUBPROTOCOL } from "../../core/tunnel/frames.ts";
import { bundleWorker } from "../../demo/bundle.ts";
import { type Gateway, startGateway } from "../../demo/gateway.ts";
import { freePort } from "../../demo/processes.ts";
import { namedKeys, signingPair } from "../../store/keys.ts";
import { newId } from "../../store/ids.ts";
import { sampleSpec } from "../support/values.ts";
import { query, READIES, READY, startup } from "./fake-postgres.ts";

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

export type EdgeSettings = {
  readonly trustedAuthority?: string;
  /** Other values for constants of core/limits.ts and of the objects. */
  readonly bounds?: Readonly<Record<string, number>>;
  readonly stateDir?: string;
};

export class Edge {
  readonly gateway: Gateway;
  readonly #folder: string;
  /** The folder goes with the edge. */
  readonly #own: boolean;

  private constructor(gateway: Gateway, folder: string, own: boolean) {
    this.gateway = gateway;
    this.#folder = folder;
    this.#own = own;
  }

  static async start({ trustedAuthority, bounds, stateDir }: EdgeSettings = {}): Promise<Edge> {
    const own = stateDir === undefined;
    const folder = stateDir ?? mkdtempSync(join(tmpdir(), "sluice-edge-"));
    const plugins = bounds === undefined ? [] : [withBounds(bounds)];
    const modules = await bundleWorker(join(import.meta.dirname, "entry.ts"), plugins);
    const log = () => {};
    const settings = { port: await freePort(), stateDir: folder, vars: {}, modules, log };
    const more = trustedAuthority === undefined ? {} : { trustedAuthority };
    return new Edge(await startGateway({ ...settings, ...more }), folder, own);
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    if (this.#own) rmSync(this.#folder, { recursive: true, force: true });
  }

  /** RPC on an object. Throws what it threw. */
  async call<T>(binding: string, id: string, method: string, ...args: unknown[]): Promise<T> {
    const body = JSON.stringify({ id, method, args });
    const answer = await fetch(`${this.gateway.url}/api/call/${binding}`, { method: "POST", body });
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
    return Client.connect(`${this.gateway.url.replace("http", "ws")}/api/session/${spec.id}`);
  }

  /**
   * Whether something fails: the store for recordings takes nothing, the journal takes nothing,
   * sessions do not hear what the desk tells them.
   */
  async fails(what: "store" | "journal" | "word", fails: boolean): Promise<void> {
    await fetch(`${this.gateway.url}/api/${fails ? "break" : "mend"}/${what}`);
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
    const { publicKey } = await signingPair(seed, "recording");
    const verdict = await verify(await this.#export(session), {
      digest: async (data) => Buffer.from(await crypto.subtle.digest("SHA-256", data)),
      gunzip: (data) => gunzipSync(data),
      verifies: (_, signature, signed) =>
        crypto.subtle.verify("Ed25519", publicKey, signature, signed),
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

/** The same program with other constants: bounds that a test can reach. */
export const withBounds = (bounds: Readonly<Record<string, number>>): Plugin => ({
  name: "other bounds",
  setup(builder) {
    const seen = new Set<string>();
    builder.onLoad({ filter: /(core\/limits|durable-objects\/[a-z-]+)\.ts$/ }, ({ path }) => {
      let contents = readFileSync(path, "utf8");
      for (const [name, value] of Object.entries(bounds)) {
        const constant = new RegExp(`(^|\\s)const ${name} = [^;]+;`);
        if (constant.test(contents)) seen.add(name);
        contents = contents.replace(constant, `$1const ${name} = ${value};`);
      }
      return { contents, loader: "ts" };
    });
    builder.onEnd(() => {
      const missing = Object.keys(bounds).filter((name) => !seen.has(name));
      if (missing.length > 0) throw new Error(`There is no bound ${missing.join(", ")}.`);
    });
  },
});

/** A client that acknowledges only when it is told to. */
export class Client {
  readonly frames: Frame[] = [];
  readonly socket: WebSocket;
  received: Buffer = Buffer.alloc(0);
  total = 0;
  /** Passes everything on at once, as a client does whose reader never waits. */
  acknowledges = false;
  answersPings = true;
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
      } else if (frame.is === "ping") {
        if (this.answersPings) this.put({ is: "pong" });
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

  /** When the connection is closed. */
  async gone(): Promise<void> {
    while (this.socket.readyState !== WebSocket.CLOSED) {
      await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
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

  /** A simple query, up to the end of its answer. */
  async ask(sql: string): Promise<void> {
    this.send(query(sql));
    await this.ready();
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
