import {
  CLI_CLIENT_ID,
  deviceAnswer,
  GRANT_TYPES,
  type TokenAnswer,
} from "../../core/api/oauth.ts";
import { answered, jsonOrNull, notSignedIn, unreachable } from "../failure.ts";
import { askToken, type Metadata, OAuthRefusal, postForm } from "./oauth.ts";

/** RFC 8628 section 3.5: `slow_down` adds this to the interval, for good. */
const slowDownSeconds = 5;

const wait = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/**
 * Signs in from a machine without a browser (RFC 8628): the person opens an address elsewhere and
 * compares a code. `show` gets both; `pause` waits between two questions.
 */
export async function signInByDevice(
  metadata: Metadata,
  show: (uri: string, userCode: string) => void,
  pause: (seconds: number) => Promise<unknown> = wait,
): Promise<TokenAnswer> {
  const endpoint = metadata.device_authorization_endpoint;
  const { status, body } = await postForm(endpoint, { client_id: CLI_CLIENT_ID });
  if (status !== 200) throw answered(status, body);
  const parsed = deviceAnswer.safeParse(jsonOrNull(body));
  if (!parsed.success) throw unreachable(endpoint, "the gateway's answer cannot be read");
  const device = parsed.data;
  show(device.verification_uri_complete, device.user_code);
  let interval = device.interval;
  for (let waited = 0; waited < device.expires_in; waited += interval) {
    await pause(interval);
    const answer = await askOnce(metadata, device.device_code);
    if (answer === "slow_down") interval += slowDownSeconds;
    else if (answer !== "authorization_pending") return answer;
  }
  throw notSignedIn("The code is no longer good. Run `sluice login --device` again.");
}

async function askOnce(
  metadata: Metadata,
  deviceCode: string,
): Promise<TokenAnswer | "authorization_pending" | "slow_down"> {
  try {
    return await askToken(metadata.token_endpoint, {
      grant_type: GRANT_TYPES.device,
      device_code: deviceCode,
      client_id: CLI_CLIENT_ID,
    });
  } catch (error) {
    if (!(error instanceof OAuthRefusal)) throw error;
    if (error.error === "slow_down" || error.error === "authorization_pending") return error.error;
    throw error;
  }
}
