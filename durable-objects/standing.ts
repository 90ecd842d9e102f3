import { TOKEN_OVER } from "../core/account.ts";
import type { UnixMs } from "../core/decision.ts";
import { apiTokenVouchedSeconds, groupsTrustedSeconds } from "../core/limits.ts";
import type { Granted, SessionSpec } from "../core/session.ts";
import { database } from "../store/db.ts";
import { currentPolicy, currentVersion } from "../store/policies.ts";
import { sameGroups } from "../store/principals.ts";
import { standingOf } from "../store/standing.ts";
import { deskOf, type ObjectsEnv } from "./env.ts";
import type { Notice } from "./session.ts";

/**
 * What a session should have been told, in case the word was lost: somebody ended it, its sign-in
 * is over, access that was given has been withdrawn, the issuer has not vouched for its principal
 * for too long or with other groups, or another policy is in force. Null: all stands. Throws when
 * D1 or the desk does not answer.
 */
export async function standing(
  env: ObjectsEnv,
  spec: SessionSpec,
  policy: string,
  now: UnixMs,
): Promise<Notice | null> {
  const db = database(env);
  const row = await standingOf(db, spec.id);
  if (row === null) return revoke("The gateway has no record of this session.");
  if (row.revokedAt !== null) return revoke(row.revokedReason ?? "Somebody ended this session.");
  if (row.signInEndedAt !== null) return revoke("Your sign-in has ended.");
  if (row.openingClosedAt !== null) return revoke("Your access ended while this session opened.");
  if (row.apiTokenRevokedAt !== null) return revoke("The API token was revoked.");
  if ((row.apiTokenExpiresAt ?? now + 1) <= now) {
    return revoke(TOKEN_OVER.reason, TOKEN_OVER.code);
  }
  const { groups, groupsReadAt } = row;
  const trusted = row.apiToken === null ? groupsTrustedSeconds : apiTokenVouchedSeconds;
  if (groups !== null && !sameGroups(groups, spec.principal.groups)) {
    return revoke("Your groups have changed: open the resource again.", "groups-changed");
  }
  if (groupsReadAt !== null && now - groupsReadAt > trusted * 1000) {
    return revoke("The identity provider has not confirmed you for too long.", "groups-stale");
  }
  if (spec.granted.length > 0) {
    const all = await deskOf(env).granted(spec.principal.id);
    const granted = all.filter(({ resource }) => resource === spec.resource.name);
    const holds = ({ grant, endsAt }: Granted): boolean =>
      endsAt <= now || granted.some((one) => one.grant === grant && one.endsAt >= endsAt);
    if (!spec.granted.every(holds)) {
      return revoke(`Your access to ${spec.resource.name} has been withdrawn.`, "grant-withdrawn");
    }
  }
  const version = await currentVersion(db);
  if (version === null || version === policy) return null;
  const current = await currentPolicy(db);
  if (current === null) return null;
  return { do: "policy", version: current.version, source: current.source };
}

const revoke = (reason: string, code = "revoked"): Notice => ({ do: "revoke", code, reason });
