import { refreshTokenSeconds } from "../../core/limits.ts";
import type { Principal } from "../../core/session.ts";
import { audit } from "../../store/audit.ts";
import type { Database } from "../../store/db.ts";
import { newId } from "../../store/ids.ts";
import { seal } from "../../store/seal.ts";
import { startSignIn } from "../../store/tokens.ts";
import { vouched } from "./ending.ts";
import type { Claimed, Vouched } from "./issuer.ts";

/** Whoever signs in by the issuer is a person. */
export const personOf = (who: Omit<Claimed, "refreshToken">): Principal => ({
  id: who.subject,
  name: who.name,
  groups: who.groups,
  kind: "person",
});

/** What the issuer's refresh token is sealed for. */
export const signInPurpose = (id: string): string => `sign-in:${id}`;

/** Writes down that somebody signed in; answers the sign-in's id. */
export async function beginSignIn(
  env: Env,
  db: Database,
  who: Vouched,
  way: "browser" | "device",
  now: number,
): Promise<string> {
  const id = newId("tok", now);
  const principal = personOf(who);
  const issuerToken =
    who.refreshToken === null ? null : await seal(env, signInPurpose(id), who.refreshToken);
  const endsAt = now + refreshTokenSeconds * 1000;
  await vouched(env, db, principal, now);
  const { authenticatedAt, acr } = who;
  const times = { startedAt: now, authenticatedAt, acr, endsAt };
  await startSignIn(db, { id, principal: principal.id, way, issuerToken, ...times });
  await audit(db, { actor: principal, action: "sign-in", subject: id, outcome: "done" }, now);
  return id;
}
