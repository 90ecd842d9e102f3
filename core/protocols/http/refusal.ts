import { utf8 } from "../../bytes.ts";
import type { Authored, Refusal } from "../../exchange.ts";

const STATUS = {
  bad_request: 400,
  blocked: 403,
  rejected: 403,
  expired: 403,
  withdrawn: 403,
  ended: 403,
  too_large: 413,
  too_many: 429,
  unsupported: 415,
  unreachable: 502,
  unreadable: 502,
  timeout: 504,
  broken_off: 502,
  failed: 503,
  lost: 503,
} as const satisfies Record<Refusal["code"], number>;

/**
 * Problem details (RFC 9457). `review` and `reviewUrl`: of the review that ended it, where one did.
 */
export function refusalOf(refusal: Refusal, publicUrl: string): Authored {
  const { code, message, review, retryAfterSeconds } = refusal;
  const status = STATUS[code];
  const problem = {
    type: `urn:sluice:problem:${code}`,
    title: code.replaceAll("_", " "),
    status,
    code,
    detail: message,
    ...(review !== null && { review, reviewUrl: `${publicUrl}/reviews/${review}` }),
  };
  const body = utf8(`${JSON.stringify(problem)}\n`);
  const headers = [
    ["content-type", "application/problem+json"],
    ["content-length", String(body.length)],
    ["cache-control", "no-store"],
  ] as const;
  if (retryAfterSeconds === undefined) return { status, headers, body };
  return { status, headers: [...headers, ["retry-after", String(retryAfterSeconds)]], body };
}
