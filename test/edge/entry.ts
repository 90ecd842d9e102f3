import { base64 } from "../../core/bytes.ts";
import type { Review } from "../../core/review/review.ts";
import type { ObjectsEnv } from "../../durable-objects/env.ts";
import { SessionObject as RealSessionObject } from "../../durable-objects/session.ts";

export { CatalogObject } from "../../durable-objects/catalog.ts";
export { ReviewDesk } from "../../durable-objects/review-desk.ts";

let storeIsDown = false;
let wordIsLost = false;

/** The real one, but its store can be switched off, and so can its ear for the desk. */
export class SessionObject extends RealSessionObject {
  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    const put = (key: string, value: ArrayBuffer) => {
      if (storeIsDown) throw new Error("the store is down");
      return env.RECORDINGS.put(key, value);
    };
    super(ctx, { ...env, RECORDINGS: { put } as unknown as R2Bucket });
  }

  override async settled(review: Review): Promise<void> {
    if (!wordIsLost) await super.settled(review);
  }
}

type Call = { readonly id: string; readonly method: string; readonly args: readonly unknown[] };

const bytesAsText = (_: string, value: unknown): unknown =>
  value instanceof Uint8Array ? base64(value) : value;

/**
 * A Worker that lets tests talk to the objects: `/session/ID` with an upgrade, `/call/BINDING` for
 * RPC.
 */
export default {
  async fetch(request: Request, env: ObjectsEnv): Promise<Response> {
    const [, what = "", name = ""] = new URL(request.url).pathname.split("/");
    if (what === "session") return env.SESSIONS.get(env.SESSIONS.idFromName(name)).fetch(request);
    if (what === "store") {
      storeIsDown = name === "down";
      return new Response();
    }
    if (what === "word") {
      wordIsLost = name === "lost";
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
