import { Hono } from "hono";
import { ROUTES } from "../../core/api/routes.ts";
import { base64 } from "../../core/bytes.ts";
import { signingPair } from "../../store/keys.ts";
import type { App } from "../context.ts";

/** Answers only when the settings are whole: a deployment without one says which. */
export const health = new Hono<App>().get(ROUTES.health.path, (c) => c.json({ status: "ok" }));

/** Public: who holds a recording can check its signatures without asking anybody. */
export const keys = new Hono<App>().get(ROUTES.keys.path, async (c) => {
  const pairs = await Promise.all(
    c.var.settings.signingKeys.map((seed) => signingPair(seed, "recording")),
  );
  const shown = pairs.map(({ id, publicBytes }) => ({
    id,
    algorithm: "Ed25519" as const,
    key: base64(publicBytes),
  }));
  return c.json({ keys: shown });
});
