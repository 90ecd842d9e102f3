import { Hono } from "hono";
import { openApi } from "../../core/api/openapi.ts";
import { ROUTES, STREAMS } from "../../core/api/routes.ts";
import { VERSION } from "../../core/version.ts";
import type { App } from "../context.ts";

/** Made once for each isolate: whoever asks need not be signed in. */
let made: { readonly url: string; readonly text: string } | null = null;

/**
 * Public: it tells what this version can do, which its source tells too, and nothing of who may
 * do it here. Tools that read it come without a sign-in.
 */
export const openapi = new Hono<App>().get(ROUTES.openapi.path, (c) => {
  const url = c.var.settings.publicUrl;
  if (made?.url !== url) {
    const document = openApi({ routes: ROUTES, streams: STREAMS }, url, VERSION);
    made = { url, text: JSON.stringify(document) };
  }
  return c.body(made.text, 200, { "content-type": "application/json" });
});
