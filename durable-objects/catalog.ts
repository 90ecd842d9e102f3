import { DurableObject } from "cloudflare:workers";
import postgres, { type Options as PostgresOptions } from "postgres";
import { buildCatalog, CATALOG_QUERIES } from "../core/sql/catalog-queries.ts";
import type { SessionSpec } from "../core/session.ts";
import { SUBPROTOCOL } from "../core/tunnel/frames.ts";
import { newId } from "../store/ids.ts";
import { nodeCrypto } from "./crypto.ts";
import { CATALOG_PRINCIPAL, type ObjectsEnv, sessionOf } from "./env.ts";
import { TunnelSocket } from "./tunnel-socket.ts";

/** A session that opens takes an older one than this as it is, while the next one is being read. */
const staleMs = 60_000;
/** Or waits for it, where nobody has asked for so long: others change tables past the gateway. */
const oldMs = 600_000;
const connectSeconds = 15;
/** Whoever asks waits for it: a target that is this slow is one without a catalog. */
const readSeconds = 30;

/**
 * What one resource's own catalog says, read by a session of the gateway's own and kept in this
 * object.
 */
export class CatalogObject extends DurableObject<ObjectsEnv> {
  #reading: Promise<string> | null = null;
  #following: Promise<string> | null = null;

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    const columns = "one integer primary key, target text, read_at integer, json text";
    ctx.storage.sql.exec(`create table if not exists catalog (${columns})`);
  }

  /**
   * JSON of a core Catalog. `refresh`: the caller has met a name that the last one does not know.
   */
  async catalog(spec: SessionSpec, refresh: boolean): Promise<string> {
    const { host, port, database, user } = spec.resource;
    const target = JSON.stringify([host, port, database, user]);
    const kept = this.ctx.storage.sql
      .exec<{ read_at: number; json: string }>(
        "select read_at, json from catalog where target = ?",
        target,
      )
      .toArray()[0];
    if (refresh) return this.#next(spec, target);
    const age = kept === undefined ? Number.POSITIVE_INFINITY : Date.now() - kept.read_at;
    if (kept === undefined || age > oldMs) return this.#current(spec, target);
    if (age > staleMs) this.ctx.waitUntil(this.#current(spec, target).catch(() => {}));
    return kept.json;
  }

  /** One reading at a time, for all who ask. */
  #current(spec: SessionSpec, target: string): Promise<string> {
    this.#reading ??= this.#read(spec, target).finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  /** One that begins after the question: what it is about may be newer than the one under way. */
  #next(spec: SessionSpec, target: string): Promise<string> {
    if (this.#reading === null) return this.#current(spec, target);
    this.#following ??= this.#reading
      .catch(() => {})
      .then(() => {
        this.#following = null;
        return this.#current(spec, target);
      });
    return this.#following;
  }

  async #read(spec: SessionSpec, target: string): Promise<string> {
    const readAt = Date.now();
    // Its types do not know `socket`; it uses no more of one than TunnelSocket has.
    const options: PostgresOptions<{}> & { socket: () => Promise<TunnelSocket> } = {
      socket: () => this.#tunnel(spec),
      user: spec.resource.user,
      database: spec.resource.database,
      max: 1,
      fetch_types: false,
      connect_timeout: connectSeconds,
      onnotice: () => {},
    };
    const sql = postgres(options);
    const late = setTimeout(() => void sql.end({ timeout: 0 }), readSeconds * 1000);
    try {
      const rows = [];
      for (const query of CATALOG_QUERIES) rows.push([...(await sql.unsafe(query).simple())]);
      const json = JSON.stringify(buildCatalog(rows, nodeCrypto.sha256));
      this.ctx.storage.sql.exec(
        "insert or replace into catalog values (1, ?, ?, ?)",
        target,
        readAt,
        json,
      );
      return json;
    } finally {
      clearTimeout(late);
      await sql.end({ timeout: 1 });
    }
  }

  async #tunnel(asked: SessionSpec): Promise<TunnelSocket> {
    const spec: SessionSpec = {
      ...asked,
      id: newId("ses"),
      principal: CATALOG_PRINCIPAL,
      onBehalfOf: null,
      literalTexts: CATALOG_QUERIES,
      recording: "off",
      openedAt: Date.now(),
      endsAt: null,
      reason: null,
      ticket: null,
    };
    const stub = sessionOf(this.env, spec.id);
    await stub.prepare(spec);
    const headers = { upgrade: "websocket", "sec-websocket-protocol": SUBPROTOCOL };
    const answer = await stub.fetch("https://session/", { headers });
    if (answer.webSocket === null) throw new Error("the session was not opened");
    return new TunnelSocket(answer.webSocket);
  }
}
