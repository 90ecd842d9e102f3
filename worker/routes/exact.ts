import { Hono } from "hono";
import { type ExactCommand } from "../../core/api/exact.ts";
import { toInstant } from "../../core/api/common.ts";
import { ROUTES } from "../../core/api/routes.ts";
import { sharesGroup } from "../../core/policy/grants.ts";
import { decodeSecret } from "../../core/recording/record.ts";
import { audit } from "../../store/audit.ts";
import { openBytes, openWith } from "../../store/seal.ts";
import { dataKeyPurpose } from "../../store/sessions.ts";
import { appliedPolicy } from "../applied.ts";
import type { App } from "../context.ts";
import { signedIn } from "../identity/signed-in.ts";
import { Refused } from "../problem.ts";
import { readBody } from "../read.ts";
import { type Located, recordsFrom } from "../recording.ts";
import { sessionFor } from "./sessions.ts";

/**
 * What somebody typed, to the letter. Nobody's role is enough: the policy in force names the
 * groups, one's own sessions included, and each opening stands in the audit trail first.
 */
export const exact = new Hono<App>().post(ROUTES.exact.path, signedIn, async (c) => {
  const row = await sessionFor(c, "auditor", "admin");
  const { db, now, identity } = c.var;
  const applied = await appliedPolicy(c);
  const unsealers = applied?.document.recording.unseal ?? [];
  if (!sharesGroup(unsealers, identity.principal.groups)) {
    throw new Refused("forbidden", "The policy's recording.unseal names none of your groups.");
  }
  const { reason, from, limit } = await readBody(c, ROUTES.exact.body);
  const event = { actor: identity.principal, action: "recording.unseal", outcome: "done" } as const;
  await audit(db, { ...event, subject: row.id, detail: { reason, from } }, now);
  const key = await openBytes(c.env, dataKeyPurpose(row.id), row.dataKey);
  const { items, next } = await recordsFrom(c.env, db, row.id, { from, limit });
  const opened = await Promise.all(items.map((record) => openedOf(record, key)));
  return c.json({ items: opened.filter((one) => one !== null), next });
});

/** Null: not a command, or one that keeps nothing (passwords are never stored). */
async function openedOf({ seq, event }: Located, key: Uint8Array): Promise<ExactCommand | null> {
  const { at, command, fact } = event;
  if (fact.kind !== "command" || fact.secret === null) return null;
  const secret = await decodeSecret(fact.secret, (sealed) => openWith(key, sealed));
  if (secret === null) throw new Refused("internal", "A record of this recording is damaged.");
  const { text, parameters } = secret;
  return { seq, at: toInstant(at), command, text, parameters: [...parameters] };
}
