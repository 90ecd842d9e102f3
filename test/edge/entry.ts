import { base64 } from "../../core/bytes.ts";
import type { Review } from "../../core/review/review.ts";
import type { ObjectsEnv } from "../../durable-objects/env.ts";
import { SessionObject as RealSessionObject } from "../../durable-objects/session.ts";

export { CatalogObject } from "../../durable-objects/catalog.ts";
export { ConsoleObject } from "../../durable-objects/console.ts";
export { ReviewDesk } from "../../durable-objects/review-desk.ts";

/** What fails now: `store`, `answer`, `journal`, `word`, `d1`. */
export const broken = new Set<string>();

/** The real one, but its store, its journal and its ear for the desk can be broken. */
export class SessionObject extends RealSessionObject {
  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    const put = (key: string, value: ArrayBuffer) => {
      if (broken.has("store")) throw new Error("the store is down");
      return env.RECORDINGS.put(key, value);
    };
    const batch = async (statements: D1PreparedStatement[]) => {
      const answers = await env.DB.batch(statements);
      if (broken.has("answer")) throw new Error("the answer was lost");
      return answers;
    };
    const DB = replacing(breakableD1(env.DB), { batch });
    super(ctx, { ...env, DB, RECORDINGS: { put } as unknown as R2Bucket });
    Object.defineProperty(this, "ctx", { value: withFragileJournal(ctx) });
  }

  override async settled(review: Review): Promise<void> {
    if (!broken.has("word")) await super.settled(review);
  }
}

/** SQLite's own words for a full disk, at the statement: SQLITE_FULL. */
function withFragileJournal(ctx: DurableObjectState): DurableObjectState {
  const { sql } = ctx.storage;
  const exec: SqlStorage["exec"] = (query, ...bindings) => {
    if (broken.has("journal") && query.startsWith("insert into journal")) {
      throw new Error("database or disk is full: SQLITE_FULL");
    }
    return sql.exec(query, ...bindings);
  };
  return replacing(ctx, { storage: replacing(ctx.storage, { sql: { exec } }) });
}

/** Its statements fail while it is away. */
export const breakableD1 = (db: D1Database): D1Database =>
  replacing(db, {
    prepare: (sql: string) => {
      if (broken.has("d1")) throw new Error("D1_ERROR: the database is away");
      return db.prepare(sql);
    },
  });

const replacing = <T extends object>(whole: T, parts: Readonly<Record<string, unknown>>): T =>
  new Proxy(whole, {
    get(_, key) {
      if (typeof key === "string" && key in parts) return parts[key];
      const value: unknown = Reflect.get(whole, key, whole);
      return typeof value === "function" ? value.bind(whole) : value;
    },
  });

type Call = { readonly id: string; readonly method: string; readonly args: readonly unknown[] };

const bytesAsText = (_: string, value: unknown): unknown =>
  value instanceof Uint8Array ? base64(value) : value;

/**
 * A Worker that lets tests talk to the objects: `/api/session/ID` with an upgrade,
 * `/api/call/BINDING` for RPC, `/api/break/WHAT` and `/api/mend/WHAT`. (Other paths may be pages.)
 */
export default {
  async fetch(request: Request, env: ObjectsEnv): Promise<Response> {
    const [, , what = "", name = ""] = new URL(request.url).pathname.split("/");
    if (what === "session") return env.SESSIONS.get(env.SESSIONS.idFromName(name)).fetch(request);
    if (what === "break" || what === "mend") {
      if (what === "break") broken.add(name);
      else broken.delete(name);
      return new Response();
    }
    const { id, method, args } = (await request.json()) as Call;
    const namespace = env[name as "SESSIONS"];
    const stub = namespace.get(namespace.idFromName(id)) as unknown as Record<
      string,
      (...given: readonly unknown[]) => Promise<unknown>
    >;
    try {
      const value = (await stub[method]?.(...args)) ?? null;
      return new Response(JSON.stringify({ value }, bytesAsText));
    } catch (error) {
      return Response.json({ error: (error as Error).message });
    }
  },
};
