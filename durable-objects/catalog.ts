import { DurableObject } from "cloudflare:workers";
import postgres from "postgres";
import type { Catalog } from "../core/catalog.ts";
import { concat, text, utf8 } from "../core/bytes.ts";
import { journalRowBytesMax } from "../core/limits.ts";
import type { Judged, Scene } from "../core/rehearsal/judged.ts";
import { buildCatalog, CATALOG_QUERIES } from "../core/sql/catalog-queries.ts";
import type { StreamSpec } from "../core/session.ts";
import type { Estimate } from "../core/sql/estimate.ts";
import type { Arrival } from "../store/health.ts";
import { newId } from "../store/ids.ts";
import { targetOf } from "./catalogs.ts";
import { nodeCrypto } from "./crypto.ts";
import { CATALOG_PRINCIPAL, ESTIMATE_PRINCIPAL, type ObjectsEnv, sessionOf } from "./env.ts";
import { estimateOf, type Explained, Turns } from "./estimates.ts";
import { judgeAll } from "./judging.ts";
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
/** The server is given two, and its connection the rest. */
const planSeconds = 8;

/**
 * `opening`: a session begins. `changed`: it has met a name that it does not know, or has changed
 * one. `living`: it asks now and then whether others have.
 */
export type Why = "opening" | "changed" | "living";

/** One list for each scene. `known`: the tables were. */
export type Answers = { readonly answers: Judged[][]; readonly known: boolean };
type Row = Readonly<Record<string, unknown>>;

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
  #last: Catalog | null = null;

  /** The last one that has read. */
  #session = "";

  readonly #turns = new Turns();

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    const columns = "piece integer primary key, target text, version text, read_at integer";
    ctx.storage.sql.exec(`create table if not exists pieces (${columns}, json blob)`);
  }

  /** JSON of a core Catalog, or null: the caller has it, in version `known`. */
  async catalog(spec: StreamSpec, why: Why, known: string | null): Promise<string | null> {
    const { version, json } = await this.#wanted(spec, why);
    return version === known ? null : json;
  }

  /**
   * What would come of statements, by the tables as this object knows them. The scenes are judged
   * here because the parser lives in the objects' isolates. Null: a resource that is not in force,
   * and so one without tables.
   */
  async judge(spec: StreamSpec | null, scenes: readonly Scene[]): Promise<Answers> {
    const catalog = spec === null ? null : await this.#parsed(spec);
    return { answers: await judgeAll(catalog, scenes), known: catalog !== null };
  }

  /** Null: the target does not answer, and nothing was kept. */
  async #parsed(spec: StreamSpec): Promise<Catalog | null> {
    const wanted = await this.#wanted(spec, "living").catch(() => null);
    if (wanted === null) return null;
    const { version, json } = wanted;
    if (this.#last?.version !== version) this.#last = JSON.parse(json) as Catalog;
    return this.#last;
  }

  /** Reads it afresh, and says how its session came to the target. */
  async check(spec: StreamSpec): Promise<Arrival> {
    const from = Date.now();
    try {
      await this.#next(spec, targetOf(spec));
      const how = await sessionOf(this.env, this.#session).arrival();
      const at = Date.now();
      return how ?? { is: "reached", at, dialMs: 0, loginMs: at - from };
    } catch (error) {
      return { is: "failed", at: Date.now(), why: (error as Error).message };
    }
  }

  async #wanted(spec: StreamSpec, why: Why): Promise<Kept> {
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
  #current(spec: StreamSpec, target: string): Promise<Kept> {
    const under = this.#readings.get(target);
    if (under !== undefined) return under;
    const reading = this.#read(spec, target).finally(() => this.#readings.delete(target));
    this.#readings.set(target, reading);
    return reading;
  }

  /** One that begins after the question: what it is about may be newer than the one under way. */
  #next(spec: StreamSpec, target: string): Promise<Kept> {
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

  async #read(spec: StreamSpec, target: string): Promise<Kept> {
    const readAt = Date.now();
    const own = { principal: CATALOG_PRINCIPAL, literalTexts: CATALOG_QUERIES };
    return this.#connected({ ...spec, ...own }, readSeconds, async (query) => {
      const rows = [];
      for (const text of CATALOG_QUERIES) rows.push(await query(text));
      const last = this.#kept(target)?.json;
      const before = last === undefined ? null : (JSON.parse(last) as Catalog);
      const digest = (bytes: Uint8Array) => nodeCrypto.sha256(bytes);
      const catalog = buildCatalog(rows, digest, before, readAt);
      const kept = { version: catalog.version, readAt, json: JSON.stringify(catalog) };
      this.#keep(target, kept);
      return kept;
    });
  }

  /** What the target's planner expects of a held statement, by a catalog that is read for it. */
  async estimate(spec: StreamSpec, statement: Explained): Promise<Estimate> {
    return this.#turns.take(async () => {
      const { json } = await this.#next(spec, targetOf(spec));
      return estimateOf(statement, JSON.parse(json) as Catalog, (literalTexts, work) =>
        this.#connected(
          { ...spec, principal: ESTIMATE_PRINCIPAL, literalTexts },
          planSeconds,
          work,
        ),
      );
    });
  }

  /** By the tunnel, as anybody: the session is decided and recorded like all others. */
  async #connected<T>(
    spec: StreamSpec,
    seconds: number,
    work: (query: (text: string) => Promise<readonly Row[]>) => Promise<T>,
  ): Promise<T> {
    const own = ownSpec(spec);
    this.#session = own.id;
    const sql = postgres({
      ...clientOptions(own, () => openTunnel(this.env, own)),
      onnotice: () => {},
    });
    const late = setTimeout(() => void sql.end({ timeout: 0 }), seconds * 1000);
    try {
      return await work(async (text) => [...(await sql.unsafe(text).simple())]);
    } finally {
      clearTimeout(late);
      await sql.end({ timeout: 1 });
    }
  }
}

/** A session of the gateway's own, for whoever `asked` says. */
const ownSpec = (asked: StreamSpec): StreamSpec => ({
  ...asked,
  granted: [],
  id: newId("ses"),
  onBehalfOf: null,
  recording: "off",
  openedAt: Date.now(),
  endsAt: null,
  reason: null,
  ticket: null,
});
