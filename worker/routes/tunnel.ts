import { type Context, Hono } from "hono";
import { SUBPROTOCOL } from "../../core/tunnel/frames.ts";
import type { App } from "../context.ts";
import { identify, requireScope } from "../identity/signed-in.ts";
import { requireStream, specFor, writeOpening } from "../opening.ts";
import { Refused } from "../problem.ts";
import { sessionStub } from "../sessions.ts";

/**
 * One WebSocket is one session (CONTRACTS §5). The worker says who and whether; the object does the
 * rest.
 */
export const tunnel = new Hono<App>().get("/tunnel/:resource", async (c) => {
  requireUpgrade(c);
  requireOwnOrigin(c);
  c.set("identity", await identify(c));
  requireScope(c);
  const spec = requireStream(await specFor(c, c.req.param("resource")));
  await writeOpening(c, spec);
  const stub = sessionStub(c.env, spec.id);
  await stub.prepare(spec);
  return stub.fetch(forObject(c.req.raw));
});

/** RFC 6455 section 4.2.1, and our subprotocol by its exact name. */
function requireUpgrade(c: Context<App>): void {
  const offered = (c.req.header("sec-websocket-protocol") ?? "").split(",").map((p) => p.trim());
  const upgrades = c.req.header("upgrade")?.toLowerCase() === "websocket";
  if (upgrades && offered.includes(SUBPROTOCOL)) return;
  throw new Refused("upgrade_required", `This gateway speaks ${SUBPROTOCOL} over a WebSocket.`, {
    versions: [SUBPROTOCOL],
  });
}

/** Browsers always send Origin on a WebSocket and send it truthfully (RFC 6455 section 10.2). */
export function requireOwnOrigin(c: Context<App>): void {
  const origin = c.req.header("origin");
  if (origin !== undefined && origin !== c.var.settings.publicUrl) {
    throw new Refused("foreign_origin", "Pages of other origins may not open sessions.");
  }
}

/**
 * The object gets the upgrade without the token, without cookies, and without any `sluice-*`
 * header.
 */
export function forObject(request: Request): Request {
  const kept = [...request.headers].filter(
    ([name]) => !/^(sluice-|authorization$|cookie$)/.test(name),
  );
  const headers = new Headers(kept);
  headers.set("sec-websocket-protocol", SUBPROTOCOL);
  return new Request(request.url, { headers });
}
