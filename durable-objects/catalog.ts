import { DurableObject } from "cloudflare:workers";
import postgres, { type Options as PostgresOptions } from "postgres";
import { buildCatalog, CATALOG_QUERIES } from "../core/sql/catalog-queries.ts";
import type { SessionSpec } from "../core/session.ts";
import { SUBPROTOCOL } from "../core/tunnel/frames.ts";
import { newId } from "../store/ids.ts";
import { nodeCrypto } from "./crypto.ts";
import { CATALOG_PRINCIPAL, type ObjectsEnv, sessionOf } from "./env.ts";
import { TunnelSocket } from "./tunnel-socket.ts";

/**
 * A refresh that somebody asks for is no older than this; a catalog that nobody asks about, than
 * that.
 */
const freshMs = 1_000;
const staleMs = 60_000;
const connectSeconds = 15;
/** Whoever asks waits for it: a target that is this slow is one without a catalog. */
const readSeconds = 30;

/**
 * What one resource's own catalog says, read by a session of the gateway's own and kept in this
 * object.
 */
export class CatalogObject extends DurableObject<ObjectsEnv> {
  #reading: Promise<string> | null = null;

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
    const oldest = Date.now() - (refresh ? freshMs : staleMs);
    if (kept !== undefined && kept.read_at >= oldest) return kept.json;
    this.#reading ??= this.#read(spec, target).finally(() => {
      this.#reading = null;
    });
    return this.#reading;
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
