import { DurableObject } from "cloudflare:workers";
import postgres from "postgres";
import type { Catalog } from "../core/catalog.ts";
import { concat, text, utf8 } from "../core/bytes.ts";
import { journalRowBytesMax } from "../core/limits.ts";
import { buildCatalog, CATALOG_QUERIES } from "../core/sql/catalog-queries.ts";
import type { SessionSpec } from "../core/session.ts";
import { newId } from "../store/ids.ts";
import { targetOf } from "./catalogs.ts";
import { nodeCrypto } from "./crypto.ts";
import { CATALOG_PRINCIPAL, type ObjectsEnv } from "./env.ts";
import { clientOptions, openTunnel } from "./own-tunnel.ts";

/** A session that opens takes an older one than this as it is, while the next one is being read. */
const staleMs = 60_000;
/**
 * Or waits for it, where nobody has asked for so long: others change tables past the gateway. For
 * sessions that live, it is read as often.
 */
const oldMs = 600_000;
/** Whoever asks waits for it: a target that is this slow is one without a catalog. */
const readSeconds = 30;

/**
 * `opening`: a session begins. `changed`: it has met a name that it does not know, or has changed
 * one. `living`: it asks now and then whether others have.
 */
export type Why = "opening" | "changed" | "living";

/** A catalog as it is kept: its version beside its JSON. */
type Kept = { readonly version: string; readonly readAt: number; readonly json: string };

/**
 * What one resource's own catalog says, read by a session of the gateway's own and kept in this
 * object.
 */
export class CatalogObject extends DurableObject<ObjectsEnv> {
  /** By target: a new policy may move the resource while the old one is being read. */
  readonly #readings = new Map<string, Promise<Kept>>();
  readonly #following = new Map<string, Promise<Kept>>();

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    const columns = "piece integer primary key, target text, version text, read_at integer";
    ctx.storage.sql.exec(`create table if not exists pieces (${columns}, json blob)`);
  }

  /** JSON of a core Catalog, or null: the caller has it, in version `known`. */
  async catalog(spec: SessionSpec, why: Why, known: string | null): Promise<string | null> {
    const { version, json } = await this.#wanted(spec, why);
    return version === known ? null : json;
  }

  async #wanted(spec: SessionSpec, why: Why): Promise<Kept> {
    const target = targetOf(spec);
    if (why === "changed") return this.#next(spec, target);
    const kept = this.#kept(target);
    const age = kept === null ? Number.POSITIVE_INFINITY : Date.now() - kept.readAt;
    if (kept === null || (age > oldMs && why === "opening")) return this.#current(spec, target);
    const readAfter = why === "opening" ? staleMs : oldMs;
    if (age > readAfter) this.ctx.waitUntil(this.#current(spec, target).catch(() => {}));
    return kept;
  }

  /** One reading at a time, for all who ask. */
  #current(spec: SessionSpec, target: string): Promise<Kept> {
    const under = this.#readings.get(target);
    if (under !== undefined) return under;
    const reading = this.#read(spec, target).finally(() => this.#readings.delete(target));
    this.#readings.set(target, reading);
    return reading;
  }

  /** One that begins after the question: what it is about may be newer than the one under way. */
  #next(spec: SessionSpec, target: string): Promise<Kept> {
    const under = this.#readings.get(target);
    if (under === undefined) return this.#current(spec, target);
    const following = this.#following.get(target);
    if (following !== undefined) return following;
    const next = under
      .catch(() => {})
      .then(() => {
        this.#following.delete(target);
        return this.#current(spec, target);
      });
    this.#following.set(target, next);
    return next;
  }

  #kept(target: string): Kept | null {
    type Row = { version: string; read_at: number; json: ArrayBuffer };
    const query = "select version, read_at, json from pieces where target = ? order by piece";
    const rows = this.ctx.storage.sql.exec<Row>(query, target).toArray();
    const [first] = rows;
    if (first === undefined) return null;
    const json = concat(rows.map((row) => new Uint8Array(row.json)));
    return { version: first.version, readAt: first.read_at, json: text(json) };
  }

  /** In one turn: all of it, or what was there before. */
  #keep(target: string, { version, readAt, json }: Kept): void {
    const { sql } = this.ctx.storage;
    sql.exec("delete from pieces");
    const bytes = utf8(json);
    for (let at = 0, piece = 0; at < bytes.length; at += journalRowBytesMax, piece++) {
      const part = bytes.slice(at, at + journalRowBytesMax);
      const values = [piece, target, version, readAt, part];
      sql.exec("insert into pieces values (?, ?, ?, ?, ?)", ...values);
    }
  }

  async #read(spec: SessionSpec, target: string): Promise<Kept> {
    const readAt = Date.now();
    const own = ownSpec(spec);
    const sql = postgres({
      ...clientOptions(own, () => openTunnel(this.env, own)),
      onnotice: () => {},
    });
    const late = setTimeout(() => void sql.end({ timeout: 0 }), readSeconds * 1000);
    try {
      const rows = [];
      for (const query of CATALOG_QUERIES) rows.push([...(await sql.unsafe(query).simple())]);
      const last = this.#kept(target)?.json;
      const before = last === undefined ? null : (JSON.parse(last) as Catalog);
      const digest = (bytes: Uint8Array) => nodeCrypto.sha256(bytes);
      const catalog = buildCatalog(rows, digest, before, readAt);
      const kept = { version: catalog.version, readAt, json: JSON.stringify(catalog) };
      this.#keep(target, kept);
      return kept;
    } finally {
      clearTimeout(late);
      await sql.end({ timeout: 1 });
    }
  }
}

/** The same target, asked by the gateway itself. */
const ownSpec = (asked: SessionSpec): SessionSpec => ({
  ...asked,
  granted: [],
  id: newId("ses"),
  principal: CATALOG_PRINCIPAL,
  onBehalfOf: null,
  literalTexts: CATALOG_QUERIES,
  recording: "off",
  openedAt: Date.now(),
  endsAt: null,
  reason: null,
  ticket: null,
});
