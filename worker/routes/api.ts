import { Hono } from "hono";
import { openApi } from "../../core/api/openapi.ts";
import { OPENAPI } from "../../core/api/routes.ts";
import type { App } from "../context.ts";

/** The API's own description; it is no secret, and says nothing of the deployment. */
export const description = new Hono<App>().get(OPENAPI, (c) =>
  c.json(openApi(c.var.settings.publicUrl)),
);
