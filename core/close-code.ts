import { strictText, utf8 } from "./bytes.ts";
import { closeReasonBytesMax } from "./limits.ts";

/*
 * What an end of a WebSocket says when it closes (RFC 6455 section 7.4).
 */

/** No code was said; never sent. */
export const NO_CODE = 1005;

/** Whether a code may be sent: 1004 to 1006 and 1015 only ever stand for something else. */
export const isPassedOn = (code: number): boolean =>
  (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code < 5000);

/** As much of a reason as a close has room for; no character is divided. */
export function cutReason(reason: string): string {
  const bytes = utf8(reason);
  if (bytes.length <= closeReasonBytesMax) return reason;
  for (let to = closeReasonBytesMax; to > 0; to--) {
    const cut = strictText(bytes.subarray(0, to));
    if (cut !== null) return cut;
  }
  return "";
}
