import { Hono } from "hono";
import { openApi } from "../../core/api/openapi.ts";
import { ROUTES, STREAMS } from "../../core/api/routes.ts";
import { VERSION } from "../../core/version.ts";
import type { App } from "../context.ts";

/**
 * Public: it tells what this version can do, which its source tells too, and nothing of who may
 * do it here. Tools that read it come without a sign-in.
 */
export const openapi = new Hono<App>().get(ROUTES.openapi.path, (c) =>
  c.json(openApi({ routes: ROUTES, streams: STREAMS }, c.var.settings.publicUrl, VERSION)),
);
