import { app } from "./app.ts";

/** Paths that are the Worker's alone; under all others there may be a page of the dashboard. */
const OWN = /^\/(?:(?:api|auth|oauth|tunnel|http|\.well-known|device)\/|(?:device|healthz)$)/;

/**
 * The gateway's own host: a page where there is one, else what the Worker answers. The Worker runs
 * before every page (wrangler.toml, `[assets]`), for the platform itself would show the pages on
 * the hosts of services too.
 */
export async function ownHost(request: Request, env: Env, ctx: ExecutionContext) {
  const pages = env.ASSETS as Fetcher | undefined;
  const { pathname } = new URL(request.url);
  const mayBe = request.method === "GET" || request.method === "HEAD";
  if (pages === undefined || !mayBe || OWN.test(pathname)) return app.fetch(request, env, ctx);
  const page = await pages.fetch(request);
  return page.status === 404 ? app.fetch(request, env, ctx) : page;
}
