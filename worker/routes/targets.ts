import { type Context, Hono } from "hono";
import { toInstant } from "../../core/api/common.ts";
import { ROUTES } from "../../core/api/routes.ts";
import type { Checked, HealthView, TargetView } from "../../core/api/target.ts";
import type { ResourceRule } from "../../core/policy/schema.ts";
import { isStream, type SecretRule, type SessionSpec } from "../../core/session.ts";
import { dialledHost, secretRulesOf } from "../../core/policy/resource.ts";
import { sessionStub } from "../sessions.ts";
import { audit } from "../../store/audit.ts";
import { type Arrival, type HealthRow, healthOfAll, noteArrival } from "../../store/health.ts";
import { idsOfResources } from "../../store/policies.ts";
import { listSecrets } from "../../store/secrets.ts";
import { liveCounts } from "../../store/sessions.ts";
import { appliedPolicy } from "../applied.ts";
import type { App } from "../context.ts";
import { signedIn } from "../identity/signed-in.ts";
import { specOf, unknownResource } from "../opening.ts";
import { requireRole } from "../roles.ts";
import { grantView, guardrailView, maskView, rulesOn } from "../rules.ts";

/** Resources for those who look after them: how they do, and which rules speak of them. */
export const targets = new Hono<App>();

targets.get(ROUTES.targets.path, signedIn, async (c) => {
  await requireRole(c, "auditor", "admin");
  const applied = await appliedPolicy(c);
  if (applied === null) return c.json({ items: [] });
  const { document } = applied;
  const known = await knownOf(
    c,
    document.resources.map(({ name }) => name),
  );
  const items = document.resources.map((rule): TargetView => {
    const id = known.ids.get(rule.name) ?? "";
    const { grants, guardrails, masking } = rulesOn(document, rule);
    return {
      ...placeOf(rule),
      id: id as TargetView["id"],
      secrets: secretRulesOf(rule).map((secret) => secretView(secret, known.secrets)),
      live: known.live.get(id) ?? 0,
      health: healthView(known.health.get(id)),
      grants: grants.map(grantView),
      guardrails: guardrails.map(guardrailView),
      masking: masking.map(maskView),
    };
  });
  return c.json({ items });
});

/** Dials now, by the way that reads the catalog. What it shows is kept like any session's. */
targets.post(ROUTES.probe.path, signedIn, async (c) => {
  await requireRole(c, "admin");
  const { db, now, identity } = c.var;
  const name = c.req.param("name") ?? "";
  const applied = await appliedPolicy(c);
  const rule = applied?.document.resources.find((resource) => resource.name === name);
  if (applied === null || rule === undefined) throw unknownResource(name);
  const spec = await specOf(c, applied, rule, null);
  const event = { actor: identity.principal, action: "resource.check", outcome: "done" } as const;
  await audit(db, { ...event, subject: name }, now);
  const how = await arrive(c.env, spec);
  await noteArrival(db, spec.resource.id, how);
  return c.json(checkedView(how));
});

const arrive = (env: Env, spec: SessionSpec): Promise<Arrival> =>
  isStream(spec)
    ? env.CATALOGS.get(env.CATALOGS.idFromName(spec.resource.id)).check(spec)
    : sessionStub(env, spec.id).reach(spec);

type Secrets = Awaited<ReturnType<typeof listSecrets>>;

async function knownOf(c: Context<App>, names: readonly string[]) {
  const { db } = c.var;
  const [ids, secrets, health, sessions] = await Promise.all([
    idsOfResources(db, names),
    listSecrets(db),
    healthOfAll(db),
    liveCounts(db),
  ]);
  const live = new Map<string, number>();
  for (const { resource, n } of sessions) live.set(resource, (live.get(resource) ?? 0) + n);
  return { ids, secrets, health, live };
}

function secretView(rule: SecretRule, secrets: Secrets): TargetView["secrets"][number] {
  if ("env" in rule) return { in: "environment", name: rule.env };
  const row = secrets.find(({ name }) => name === rule.secret);
  const stored = row === undefined ? null : { ...row, updatedAt: toInstant(row.updatedAt) };
  return { in: "secret", name: rule.secret, stored };
}

type Place = "name" | "type" | "host" | "port" | "database" | "user" | "tls" | "url";

function placeOf(rule: ResourceRule): Pick<TargetView, Place | "network" | "labels"> {
  const { name, type, network, labels } = rule;
  const shown = { name, type, network, labels, host: dialledHost(rule) };
  if (rule.type === "http") {
    return { ...shown, url: rule.url, port: null, database: null, user: null, tls: null };
  }
  const { port, database, user, tls } = rule;
  return { ...shown, url: null, port, database, user, tls };
}

const instantOf = (at: number | null): string | null => (at === null ? null : toInstant(at));

function healthView(row: HealthRow | undefined): HealthView | null {
  if (row === undefined) return null;
  const { resource: _, reachedAt, failedAt, ...rest } = row;
  return { ...rest, reachedAt: instantOf(reachedAt), failedAt: instantOf(failedAt) };
}

function checkedView(how: Arrival): Checked {
  const at = toInstant(how.at);
  if (how.is === "failed") return { reached: false, at, dialMs: null, loginMs: null, why: how.why };
  return { reached: true, at, dialMs: how.dialMs, loginMs: how.loginMs, why: null };
}
