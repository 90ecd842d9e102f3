import type { Context, MiddlewareHandler } from "hono";
import { claimKey, freeKey, keepAnswer } from "../store/idempotency.ts";
import { hashSecret } from "../store/hash.ts";
import { open, seal } from "../store/seal.ts";
import type { App } from "./context.ts";
import { identified } from "./identity/signed-in.ts";
import { Refused } from "./problem.ts";

/**
 * `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the same caller with the same key
 * and the same request gets the first answer again, for a day. A request that was refused changed
 * nothing and keeps no key.
 */
export const idempotent: MiddlewareHandler<App> = async (c, next) => {
  const key = c.req.header("idempotency-key");
  if (key === undefined || c.req.method === "GET") return next();
  if (!/^[\u0021-\u007e]{1,255}$/.test(key)) {
    throw new Refused("bad_request", "Idempotency-Key: 1 to 255 visible ASCII characters.");
  }
  await identified(c);
  const { db, now, identity } = c.var;
  const hash = await hashSecret(JSON.stringify([identity.principal.id, key]));
  const claim = await claimKey(db, hash, await digestOf(c), now);
  if (claim.is === "other") {
    throw new Refused("idempotency_mismatch", "This key came with another request before.");
  }
  if (claim.is === "under way") {
    throw new Refused("idempotency_in_progress", "The first request with this key is under way.");
  }
  if (claim.is === "done") {
    const body = await open(c.env, purposeOf(hash), claim.answer);
    const headers = { "content-type": "application/json", "idempotency-replayed": "true" };
    c.res = new Response(body, { status: claim.status, headers });
    return;
  }
  await next();
  if (!c.res.ok) return freeKey(db, hash);
  const answer = await seal(c.env, purposeOf(hash), await c.res.clone().text());
  await keepAnswer(db, hash, c.res.status, answer);
};

const purposeOf = (hash: string): string => `idempotency:${hash}`;

const digestOf = async (c: Context<App>): Promise<string> =>
  hashSecret(JSON.stringify([c.req.method, c.req.url, await c.req.text()]));
