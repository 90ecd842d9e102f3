import type { Settled } from "../../decision.ts";
import { errorResponse, notice } from "./messages.ts";

/* What the gateway says, in PostgreSQL's words (manual, appendix "PostgreSQL Error Codes"). */

export type Refused = Extract<Settled, { verdict: "refuse" }>;

const REFUSAL_SQLSTATES: Readonly<Record<Refused["code"], string>> = {
  blocked: "42501",
  rejected: "42501",
  expired: "42501",
  /** Cancelled while it waited, as any statement may be. */
  withdrawn: "57014",
  failed: "42501",
};

/** The statement did not run, and its session goes on. */
export function refusalError(settled: Refused): Uint8Array {
  const { message, review } = settled;
  const hint = review === null ? {} : { hint: `It was decided by review ${review}.` };
  return errorResponse({
    severity: "ERROR",
    code: REFUSAL_SQLSTATES[settled.code],
    message,
    ...hint,
  });
}

/**
 * A text that the grammar refuses: the server's own error for it, and why it was not sent. The
 * position says where; the words of the text stay out, for what is answered is also recorded.
 */
export const unreadable = (
  { message, at }: { readonly message: string; readonly at: number },
  settled: Refused,
): Uint8Array =>
  errorResponse({
    severity: "ERROR",
    code: "42601",
    message: message.replace(/( at or near)? ".*$/s, ""),
    hint: settled.message,
    ...(at >= 0 && { position: at + 1 }),
  });

export type HeldReview = {
  readonly reviewId: string;
  readonly url: string;
  readonly expiresInSeconds: number;
};

/** The statement waits: where its reviewers look, and until when. */
export function heldNotice({ reviewId, url, expiresInSeconds }: HeldReview): Uint8Array {
  const minutes = Math.ceil(expiresInSeconds / 60);
  const span = minutes === 1 ? "1 minute" : `${minutes} minutes`;
  return notice({
    code: "00000",
    message: `This statement waits for approval: review ${reviewId}.`,
    detail: `The review ends in ${span}. Until then the statement has not run.`,
    hint: `See ${url}`,
  });
}

/** Why a session ends, by the codes of `close` and `revoked`. */
const GOODBYE_SQLSTATES: ReadonlyMap<string, string> = new Map([
  ["upstream_unreachable", "08001"],
  ["upstream_ended", "08006"],
  ["upstream_protocol", "08P01"],
  ["client_protocol", "08P01"],
  ["credential", "28000"],
  ["access_refused", "28000"],
  ["journal_full", "53100"],
  ["limit", "54000"],
  ["unmaskable", "54000"],
  ["internal", "XX000"],
]);

/**
 * The session is over. A code without an entry (grant_over, killed, …) ends as by an administrator.
 */
export const goodbye = (code: string, reason: string): Uint8Array =>
  errorResponse({
    severity: "FATAL",
    code: GOODBYE_SQLSTATES.get(code) ?? "57P01",
    message: reason,
  });
