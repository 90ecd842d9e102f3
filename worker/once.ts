import type { Context, Next } from "hono";
import { wayIn } from "../core/api/routes.ts";
import { hex, utf8 } from "../core/bytes.ts";
import { keptAnswerBytesMax } from "../core/limits.ts";
import { hashSecret } from "../store/hash.ts";
import { beginOnce, forgetRequest, keepAnswer } from "../store/kept-answers.ts";
import { open, seal } from "../store/seal.ts";
import type { App } from "./context.ts";
import { Refused } from "./problem.ts";

/** `body` null: it was too large to keep. */
type Kept = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
};

/**
 * Carries a request out once for each Idempotency-Key of a caller (draft-ietf-httpapi-
 * idempotency-key-header): whoever sends the same again within a day gets the first answer again.
 * Without the header, and where nothing is changed, this does nothing.
 */
export async function once(c: Context<App>, next: Next): Promise<Response | void> {
  const given = c.req.header("idempotency-key");
  if (given === undefined || !changes(c)) return next();
  const begun = await begunBy(c, keyIn(given));
  const first = await beginOnce(c.var.db, begun);
  if (first !== null) return answerAgain(c, first, begun.digest);
  const work = carryOut(c, next, begun);
  // Whoever hangs up must not cut the act from the keeping of its answer.
  c.executionCtx.waitUntil(work);
  await work;
}

type Begun = Awaited<ReturnType<typeof begunBy>>;

async function carryOut(c: Context<App>, next: Next, begun: Begun): Promise<void> {
  await next();
  const answer = c.res;
  if (!isFinal(answer.status)) return forgetRequest(c.var.db, begun);
  const kept = await seal(c.env, purpose(begun.hash), JSON.stringify(await keptOf(answer)));
  await keepAnswer(c.var.db, begun, kept);
}

function changes(c: Context<App>): boolean {
  const way = wayIn(c.req.method, c.req.routePath);
  return way !== undefined && "answer" in way && way.method !== "GET" && way.safe !== true;
}

/** A string of RFC 9651 (section 3.3.3), or the same without its quotes. */
function keyIn(given: string): string {
  const key = /^"([\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"$/.exec(given)?.[1];
  const bare = /^[\w.:+/=-]{1,255}$/.exec(given)?.[0];
  if (key !== undefined || bare !== undefined) return (key ?? bare) as string;
  throw new Refused("bad_request", "Idempotency-Key: a string of 1 to 255 characters.");
}

async function begunBy(c: Context<App>, key: string) {
  const { identity, now } = c.var;
  const caller = identity.token?.id ?? identity.principal.id;
  const { pathname, search } = new URL(c.req.url);
  const bytes = await c.req.arrayBuffer();
  const digest = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  const hash = await hashSecret(JSON.stringify([caller, c.req.method, pathname + search, key]));
  return { hash, caller, digest, startedAt: now };
}

type First = NonNullable<Awaited<ReturnType<typeof beginOnce>>>;

async function answerAgain(c: Context<App>, first: First, digest: string): Promise<Response> {
  if (first.digest !== digest) {
    throw new Refused("idempotency_mismatch", "This key came before with another body.");
  }
  if (first.answer === null) {
    throw new Refused("idempotency_in_progress", "The first request under this key is under way.");
  }
  const kept = JSON.parse(await open(c.env, purpose(first.hash), first.answer)) as Kept;
  if (kept.body === null) {
    throw new Refused("conflict", "This was done before; its answer was too large to keep.");
  }
  const headers = { ...kept.headers, "idempotency-replayed": "true" };
  return new Response(kept.body, { status: kept.status, headers });
}

/**
 * What was done, and what the state of things forbade. Who may not, who must sign in again, and a
 * failure of ours are decided anew.
 */
const isFinal = (status: number): boolean => status < 400 || [404, 409, 412, 422].includes(status);

async function keptOf(answer: Response): Promise<Kept> {
  const body = await answer.clone().text();
  const headers = ["content-type", "etag"].flatMap((name) => {
    const value = answer.headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  const fits = utf8(body).length <= keptAnswerBytesMax;
  return {
    status: answer.status,
    headers: Object.fromEntries(headers) as Kept["headers"],
    body: fits ? body : null,
  };
}

/** Answers are sealed, all of them: some carry what must not lie in a table. */
const purpose = (hash: string): string => `answer:${hash}`;
