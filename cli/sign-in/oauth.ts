import { oauthError, serverMetadata, type TokenAnswer, tokenAnswer } from "../../core/api/oauth.ts";
import type { z } from "../../core/zod.ts";
import { answered, Failure, jsonOrNull, notSignedIn, refused, unreachable } from "../failure.ts";
import { send } from "../http.ts";
import type { SignIn } from "./store.ts";

export type Metadata = z.infer<typeof serverMetadata>;

/**
 * RFC 8414. The issuer must be the gateway that was asked (section 3.3), its endpoints on its
 * origin.
 */
export async function metadataOf(url: string): Promise<Metadata> {
  const answer = await send(`${url}/.well-known/oauth-authorization-server`, {});
  if (answer.status !== 200) throw answered(answer.status, answer.body);
  const parsed = serverMetadata.safeParse(jsonOrNull(answer.body));
  if (!parsed.success) throw unreachable(url, "this address is not a Sluice gateway");
  const metadata = parsed.data;
  const { issuer, token_endpoint, revocation_endpoint, authorization_endpoint } = metadata;
  if (issuer !== url) {
    throw refused("foreign_issuer", `${url} says that it is ${issuer}; use that address.`);
  }
  const endpoints = [token_endpoint, revocation_endpoint, authorization_endpoint];
  if (endpoints.some((endpoint) => new URL(endpoint).origin !== url)) {
    throw refused("foreign_issuer", `${url} sends its clients to another address.`);
  }
  return metadata;
}

/** An RFC 6749 error of the token endpoint, for flows that go on after some of them. */
export class OAuthRefusal extends Failure {
  readonly error: string;
  constructor(error: string, description: string) {
    super(3, notSignedIn(description).problem);
    this.error = error;
  }
}

/** RFC 6749 section 4.1.3 and relatives. Throws `OAuthRefusal` for the endpoint's own errors. */
export async function askToken(
  endpoint: string,
  fields: Readonly<Record<string, string>>,
): Promise<TokenAnswer> {
  const { status, body } = await postForm(endpoint, fields);
  const json = jsonOrNull(body);
  if (status === 200) {
    const parsed = tokenAnswer.safeParse(json);
    if (parsed.success) return parsed.data;
    throw unreachable(endpoint, "the gateway's token answer cannot be read");
  }
  const known = oauthError.safeParse(json);
  if (!known.success) throw answered(status, body);
  const { error, error_description } = known.data;
  throw new OAuthRefusal(error, error_description ?? `The gateway did not sign you in: ${error}.`);
}

export const postForm = (endpoint: string, fields: Readonly<Record<string, string>>) =>
  send(endpoint, { method: "POST", body: new URLSearchParams(fields) });

/** `before` keeps its refresh token where the answer brings no new one (RFC 6749 section 6). */
export function signInOf(url: string, answer: TokenAnswer, before: SignIn | null = null): SignIn {
  return {
    url,
    accessToken: answer.access_token,
    accessTokenExpiresAt: Date.now() + answer.expires_in * 1000,
    refreshToken: answer.refresh_token ?? before?.refreshToken ?? null,
  };
}
