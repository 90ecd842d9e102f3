import { z } from "../zod.ts";

/** RFC 8414: what `/.well-known/oauth-authorization-server` says. */
export const serverMetadata = z.object({
  issuer: z.string(),
  authorization_endpoint: z.string(),
  token_endpoint: z.string(),
  revocation_endpoint: z.string(),
  device_authorization_endpoint: z.string(),
  response_types_supported: z.array(z.string()),
  grant_types_supported: z.array(z.string()),
  code_challenge_methods_supported: z.array(z.string()),
  token_endpoint_auth_methods_supported: z.array(z.string()),
  authorization_response_iss_parameter_supported: z.boolean(),
});

/**
 * RFC 6749 section 5.1. A token exchange (RFC 8693) has `issued_token_type` and no refresh token.
 */
export const tokenAnswer = z.object({
  access_token: z.string(),
  token_type: z.literal("Bearer"),
  expires_in: z.number().int(),
  refresh_token: z.string().optional(),
  issued_token_type: z.string().optional(),
});
export type TokenAnswer = z.infer<typeof tokenAnswer>;

/** RFC 8628 section 3.2. */
export const deviceAnswer = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  verification_uri_complete: z.string(),
  expires_in: z.number().int(),
  interval: z.number().int(),
});

/** RFC 6749 section 5.2, with RFC 8628's `authorization_pending`, `slow_down`, `expired_token`. */
export const oauthError = z.object({ error: z.string(), error_description: z.string().optional() });

/** The one public client of the gateway's authorization server. */
export const CLI_CLIENT_ID = "sluice-cli";

export const GRANT_TYPES = {
  code: "authorization_code",
  refresh: "refresh_token",
  device: "urn:ietf:params:oauth:grant-type:device_code",
  exchange: "urn:ietf:params:oauth:grant-type:token-exchange",
} as const;
