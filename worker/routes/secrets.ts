import { Hono } from "hono";
import { name as nameContract, toInstant } from "../../core/api/common.ts";
import { ROUTES } from "../../core/api/routes.ts";
import { audit } from "../../store/audit.ts";
import { seal } from "../../store/seal.ts";
import { listSecrets, putSecret, secretPurpose } from "../../store/secrets.ts";
import type { App } from "../context.ts";
import { signedIn } from "../identity/signed-in.ts";
import { Refused } from "../problem.ts";
import { readBody } from "../read.ts";
import { requireRole } from "../roles.ts";

export const secrets = new Hono<App>();

secrets.get(ROUTES.secrets.path, signedIn, async (c) => {
  await requireRole(c, "admin");
  const rows = await listSecrets(c.var.db);
  return c.json({ items: rows.map((row) => ({ ...row, updatedAt: toInstant(row.updatedAt) })) });
});

/** The value goes in, sealed under its own name, and never comes out by any route. */
secrets.put(ROUTES.putSecret.path, signedIn, async (c) => {
  await requireRole(c, "admin");
  const { db, now, identity } = c.var;
  const name = c.req.param("name");
  if (!nameContract.safeParse(name).success) {
    throw new Refused("bad_request", "A secret's name has small letters, digits, dots and dashes.");
  }
  const { value } = await readBody(c, ROUTES.putSecret.body);
  const author = identity.principal.name;
  const sealed = await seal(c.env, secretPurpose(name), value);
  await putSecret(db, { name, sealed, author, updatedAt: now });
  const event = { actor: identity.principal, action: "secret.put", outcome: "done" } as const;
  await audit(db, { ...event, subject: name }, now);
  return c.json({ name, author, updatedAt: toInstant(now) });
});
