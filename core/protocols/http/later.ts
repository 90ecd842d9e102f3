import { utf8 } from "../../bytes.ts";
import type { UnixMs } from "../../decision.ts";
import type { Authored } from "../../exchange.ts";
import { resultRetrySeconds } from "../../limits.ts";

/** A request that is held, and whose client comes again for the answer. */
export type Waiting = {
  readonly id: string;
  /** Of the review that decides on it. */
  readonly review: string;
  /** When nobody may decide on it any more. */
  readonly expiresAt: UnixMs;
};

/**
 * Where the answer is fetched. It is under the way that the request took, so that whatever token
 * may ask may fetch, and under no resource: none is named with a dot.
 */
export const RESULTS = "/http/.sluice/results/";

/** Says of an answer that was fetched what it is: the service may have answered 202 itself. */
export const RESULT_HEADER = "sluice-result";

/** 202 Accepted (RFC 9110 section 15.3.3): nothing has come of it yet. */
export function waitingAnswer({ id, review, expiresAt }: Waiting, publicUrl: string): Authored {
  const reviewUrl = `${publicUrl}/reviews/${review}`;
  const said = {
    id,
    status: "waiting",
    result: `${publicUrl}${RESULTS}${id}`,
    review,
    reviewUrl,
    expiresAt: instantOf(expiresAt),
  };
  const body = utf8(`${JSON.stringify(said)}\n`);
  const headers = [
    ["content-type", "application/json"],
    ["content-length", String(body.length)],
    ["location", said.result],
    ["link", `<${reviewUrl}>; rel="urn:sluice:rel:review"`],
    ["retry-after", String(resultRetrySeconds)],
    [RESULT_HEADER, "waiting"],
  ] as const;
  return { status: 202, headers, body };
}

const instantOf = (at: UnixMs): string => new Date(at).toISOString();
