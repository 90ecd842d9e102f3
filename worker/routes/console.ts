import { Hono } from "hono";
import { consoleQuery } from "../../core/api/console.ts";
import { CONSOLE } from "../../core/api/routes.ts";
import type { App } from "../context.ts";
import { signedIn } from "../identity/signed-in.ts";
import { requireStream, specFor, writeOpening } from "../opening.ts";
import { Refused } from "../problem.ts";
import { readQuery } from "../read.ts";
import { requireOwnOrigin } from "./tunnel.ts";

/**
 * A console is a session like any other, opened for a page: who may open a tunnel may open it. A
 * browser's WebSocket does not say why it was refused; asked without an upgrade this says so, and
 * `upgrade_required` where nothing is in the way.
 */
export const consoles = new Hono<App>().get(CONSOLE, signedIn, async (c) => {
  requireOwnOrigin(c);
  const { reason, ticket } = readQuery(c, consoleQuery);
  const spec = requireStream(await specFor(c, c.req.param("name")));
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    throw new Refused("upgrade_required", "A console is a WebSocket.");
  }
  const said = { ...spec, reason: reason ?? spec.reason, ticket: ticket ?? spec.ticket };
  await writeOpening(c, said);
  const { CONSOLES } = c.env;
  const stub = CONSOLES.get(CONSOLES.idFromName(said.principal.id));
  await stub.prepare(said);
  const headers = { upgrade: "websocket" };
  return stub.fetch(new Request(`https://console/${said.id}`, { headers }));
});
