import { type Context, Hono } from "hono";
import { toInstant } from "../../core/api/common.ts";
import type { Applied, PolicyView } from "../../core/api/policy.ts";
import { ROUTES } from "../../core/api/routes.ts";
import { hex, utf8 } from "../../core/bytes.ts";
import { policyBytesMax } from "../../core/limits.ts";
import { audit } from "../../store/audit.ts";
import { newId } from "../../store/ids.ts";
import {
  addPolicy,
  currentPolicy,
  idsOfResources,
  policyByText,
  policyByVersion,
  type PolicyRow,
  policyVersions,
} from "../../store/policies.ts";
import { openSessions } from "../../store/openings.ts";
import { checkedDocument, warningsOf } from "../applying.ts";
import type { App } from "../context.ts";
import { signedIn } from "../identity/signed-in.ts";
import { Refused } from "../problem.ts";
import { readQuery } from "../read.ts";
import { requireRole } from "../roles.ts";
import { notifyAll } from "../sessions.ts";

export const policy = new Hono<App>();

policy.get(ROUTES.policy.path, signedIn, async (c) => {
  await requireRole(c, "admin", "auditor");
  const row = await currentPolicy(c.var.db);
  if (row === null) throw new Refused("unknown", "No policy has been applied yet.");
  const view = { ...versionView(row), source: row.source };
  c.header("etag", view.etag);
  return c.json(view);
});

policy.get(ROUTES.policyVersions.path, signedIn, async (c) => {
  await requireRole(c, "admin", "auditor");
  const { limit, after } = readQuery(c, ROUTES.policyVersions.query);
  const number = after === undefined ? null : Number(after);
  if (number !== null && !Number.isSafeInteger(number)) {
    throw new Refused("bad_request", "after: not a cursor of this list");
  }
  const rows = await policyVersions(c.var.db, { limit: limit + 1, after: number });
  const next = rows.length > limit ? String(rows[limit - 1]?.number) : null;
  return c.json({ items: rows.slice(0, limit).map(versionView), next });
});

/** Any version that was ever in force, with its text. */
policy.get(ROUTES.policyAt.path, signedIn, async (c) => {
  await requireRole(c, "admin", "auditor");
  const row = await policyByVersion(c.var.db, c.req.param("version"));
  if (row === null) throw new Refused("unknown", "There is no such version of the policy.");
  const [before] = await policyVersions(c.var.db, { limit: 1, after: row.number });
  return c.json({ ...versionView(row), source: row.source, previous: before?.version ?? null });
});

/** The same text again changes nothing, so that `sluice apply` can run in every pipeline. */
policy.put(ROUTES.apply.path, signedIn, async (c) => {
  await requireRole(c, "admin");
  const { db, now, identity } = c.var;
  const source = await readSource(c);
  const before = await currentPolicy(db);
  requireMatch(c.req.header("if-match"), before);
  const document = checkedDocument(source);
  const warnings = await warningsOf(c, document);
  const resources = document.resources.length;
  const sha256 = await digest(source);
  if (before?.sha256 === sha256) {
    return c.json(answered(before, { changed: false, resources, warnings }));
  }
  const restored = (await policyByText(db, sha256))?.version ?? null;
  await idsOfResources(
    db,
    document.resources.map((resource) => resource.name),
  );
  const row = await addPolicy(db, {
    version: newId("pol", now),
    number: (before?.number ?? 0) + 1,
    source,
    sha256,
    author: identity.principal.id,
    authorName: identity.principal.name,
    appliedAt: now,
  });
  if (row === null) throw new Refused("conflict", "Another apply came first: read it, then apply.");
  const event = { actor: identity.principal, action: "policy.apply", outcome: "done" } as const;
  const detail = { before: before?.version ?? null, ...(restored !== null && { restored }) };
  await audit(db, { ...event, subject: row.version, detail }, now);
  c.executionCtx.waitUntil(tellSessions(c, row));
  return c.json(answered(row, { changed: true, resources, warnings }));
});

async function tellSessions(c: Context<App>, row: PolicyRow): Promise<void> {
  const sessions = await openSessions(c.var.db, "all");
  await notifyAll(c.env, sessions, { do: "policy", version: row.version, source: row.source });
}

async function readSource(c: Context<App>): Promise<string> {
  const bytes = new Uint8Array(await c.req.arrayBuffer());
  if (bytes.length > policyBytesMax) throw new Refused("too_large", "The policy is too large.");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new Refused("bad_request", "The policy is not UTF-8.");
  }
}

/** RFC 9110 section 13.1.1; without the header the last apply wins. */
function requireMatch(wanted: string | undefined, before: PolicyRow | null): void {
  if (wanted === undefined) return;
  const matches = wanted === "*" ? before !== null : before !== null && wanted === etagOf(before);
  if (!matches) {
    throw new Refused("precondition_failed", "The policy in force is not the one that you read.");
  }
}

const etagOf = (row: PolicyRow): string => `"${row.version}"`;

const versionView = (row: PolicyRow) => ({
  version: row.version as PolicyView["version"],
  author: row.authorName,
  appliedAt: toInstant(row.appliedAt),
  etag: etagOf(row),
});

const answered = (
  row: PolicyRow,
  more: Pick<Applied, "changed" | "resources" | "warnings">,
): Applied => ({ ...versionView(row), ...more });

const digest = async (source: string): Promise<string> =>
  hex(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(source))));
