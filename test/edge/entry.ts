import type { ObjectsEnv } from "../../durable-objects/env.ts";

export { CatalogObject } from "../../durable-objects/catalog.ts";
export { ReviewDesk } from "../../durable-objects/review-desk.ts";
export { SessionObject } from "../../durable-objects/session.ts";

type Call = { readonly id: string; readonly method: string; readonly args: readonly unknown[] };

/** A Worker that lets tests talk to the objects: `/session/ID` with an upgrade, `/call/BINDING` for RPC. */
export default {
  async fetch(request: Request, env: ObjectsEnv): Promise<Response> {
    const [, what = "", name = ""] = new URL(request.url).pathname.split("/");
    if (what === "session") return env.SESSIONS.get(env.SESSIONS.idFromName(name)).fetch(request);
    const { id, method, args } = (await request.json()) as Call;
    const namespace = env[name as "SESSIONS"];
    const stub = namespace.get(namespace.idFromName(id)) as unknown as Record<
      string,
      (...given: readonly unknown[]) => Promise<unknown>
    >;
    try {
      return Response.json({ value: (await stub[method]?.(...args)) ?? null });
    } catch (error) {
      return Response.json({ error: (error as Error).message });
    }
  },
};
