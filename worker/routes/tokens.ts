import { type Context, Hono } from "hono";
import { toInstant } from "../../core/api/common.ts";
import { ROUTES } from "../../core/api/routes.ts";
import type { ApiTokenView } from "../../core/api/token.ts";
import { apiTokensMax, groupsFreshSeconds } from "../../core/limits.ts";
import {
  addApiToken,
  type ApiToken,
  apiTokenById,
  listApiTokens,
  liveApiTokens,
  revokeApiTokens,
} from "../../store/api-tokens.ts";
import { audit } from "../../store/audit.ts";
import { openSessions } from "../../store/openings.ts";
import type { App } from "../context.ts";
import { newApiToken } from "../identity/api-token.ts";
import { signedIn } from "../identity/signed-in.ts";
import { Refused } from "../problem.ts";
import { readBody, readQuery } from "../read.ts";
import { holdsRole } from "../roles.ts";
import { revoke } from "../sessions.ts";

/** Tokens for automation. None of these routes takes one: a token makes no tokens. */
export const tokens = new Hono<App>();

tokens.get(ROUTES.tokens.path, signedIn, async (c) => {
  const { limit, after } = readQuery(c, ROUTES.tokens.query);
  const all = await holdsRole(c, "auditor", "admin");
  const owner = all ? null : c.var.identity.principal.id;
  const rows = await listApiTokens(c.var.db, { owner, limit: limit + 1, after: after ?? null });
  const page = rows.slice(0, limit);
  const next = rows.length > limit ? (page.at(-1)?.id ?? null) : null;
  return c.json({ items: page.map(viewOf), next });
});

/** What lasts for months is given to whom the identity provider knows at this moment. */
tokens.post(ROUTES.makeToken.path, signedIn, async (c) => {
  const { db, now, identity } = c.var;
  const { principal, groupsReadAt, signIn } = identity;
  if (principal.kind !== "person") {
    throw new Refused(
      "not_a_person",
      "Services exchange their own tokens: only people make these.",
    );
  }
  if (now - groupsReadAt > groupsFreshSeconds * 1000) {
    throw new Refused("stale_groups", "Your groups were read too long ago: refresh and ask again.");
  }
  const { name, scopes, days } = await readBody(c, ROUTES.makeToken.body);
  if ((await liveApiTokens(db, principal.id, now)) >= apiTokensMax) {
    throw new Refused("conflict", `You have ${apiTokensMax} tokens: revoke one first.`);
  }
  const { id, token, hash } = await newApiToken(now);
  const row = {
    id,
    hash,
    owner: principal.id,
    ownerName: principal.name,
    signIn,
    name,
    scopes: [...new Set(scopes)],
    createdAt: now,
    expiresAt: now + days * 86_400_000,
  };
  await note(c, "api-token.make", id, { name, scopes: row.scopes.join(" "), days });
  await addApiToken(db, row);
  return c.json({ ...viewOf({ ...row, lastUsedAt: null, revokedAt: null }), token }, 201);
});

tokens.post(ROUTES.revokeToken.path, signedIn, async (c) => {
  const { db, now } = c.var;
  const row = await tokenFor(c);
  const [revoked] = await revokeApiTokens(db, { id: row.id }, now);
  if (revoked !== undefined) {
    await note(c, "api-token.revoke", row.id, { name: row.name });
    const sessions = await openSessions(db, { apiToken: row.id });
    const why = { code: "revoked", reason: "The API token was revoked." };
    await revoke(c.env, db, sessions, why, now);
  }
  return c.json(viewOf((await apiTokenById(db, row.id)) ?? row));
});

/** Her own, or anybody's for an admin; else nobody learns of it. */
async function tokenFor(c: Context<App>): Promise<ApiToken> {
  const row = await apiTokenById(c.var.db, c.req.param("id") ?? "");
  const own = row?.owner === c.var.identity.principal.id;
  if (row !== null && (own || (await holdsRole(c, "admin")))) return row;
  if (row !== null && (await holdsRole(c, "auditor"))) {
    throw new Refused("forbidden", "Its owner and admins may revoke it.");
  }
  throw new Refused("unknown", "There is no such token for you.");
}

async function note(
  c: Context<App>,
  action: "api-token.make" | "api-token.revoke",
  subject: string,
  detail: Readonly<Record<string, string | number>>,
): Promise<void> {
  const { db, now, identity } = c.var;
  await audit(db, { actor: identity.principal, action, subject, outcome: "done", detail }, now);
}

const viewOf = (row: ApiToken): ApiTokenView => ({
  id: row.id as ApiTokenView["id"],
  name: row.name,
  owner: { id: row.owner, name: row.ownerName },
  scopes: [...row.scopes],
  createdAt: toInstant(row.createdAt),
  expiresAt: toInstant(row.expiresAt),
  lastUsedAt: row.lastUsedAt === null ? null : toInstant(row.lastUsedAt),
  revokedAt: row.revokedAt === null ? null : toInstant(row.revokedAt),
});
