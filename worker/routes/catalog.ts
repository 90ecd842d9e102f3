import { Hono } from "hono";
import { ROUTES } from "../../core/api/routes.ts";
import type { StreamSpec } from "../../core/session.ts";
import { audit } from "../../store/audit.ts";
import { appliedPolicy } from "../applied.ts";
import type { App } from "../context.ts";
import { signedIn } from "../identity/signed-in.ts";
import { requireStream, specOf, unknownResource } from "../opening.ts";
import { Refused } from "../problem.ts";
import { requireRole } from "../roles.ts";

/**
 * What a target says of its tables, columns, views and functions, read afresh by a session of the
 * gateway's own, as it is read for masking. The reading stands in the audit trail first.
 */
export const catalog = new Hono<App>().get(ROUTES.catalog.path, signedIn, async (c) => {
  await requireRole(c, "admin");
  const { db, now, identity } = c.var;
  const name = c.req.param("name");
  const applied = await appliedPolicy(c);
  const rule = applied?.document.resources.find((resource) => resource.name === name);
  if (applied === null || rule === undefined) throw unknownResource(name);
  const spec = requireStream(await specOf(c, applied, rule, null));
  const event = { actor: identity.principal, action: "catalog.read", outcome: "done" } as const;
  await audit(db, { ...event, subject: name }, now);
  return c.json({ resource: name, catalog: JSON.parse(await read(c.env, spec)) as unknown });
});

async function read(env: Env, spec: StreamSpec): Promise<string> {
  const object = env.CATALOGS.get(env.CATALOGS.idFromName(spec.resource.id));
  const json = await object.catalog(spec, "changed", null).catch(() => null);
  if (json !== null) return json;
  throw new Refused("target_unavailable", `The catalog of ${spec.resource.name} cannot be read.`);
}
