import { Hono } from "hono";
import { GRANT_TYPES } from "../../core/api/oauth.ts";
import type { App } from "../context.ts";

/** RFC 8414: how clients find the rest. */
export const metadata = new Hono<App>().get("/.well-known/oauth-authorization-server", (c) => {
  const { publicUrl } = c.var.settings;
  return c.json({
    issuer: publicUrl,
    authorization_endpoint: `${publicUrl}/oauth/authorize`,
    token_endpoint: `${publicUrl}/oauth/token`,
    revocation_endpoint: `${publicUrl}/oauth/revoke`,
    device_authorization_endpoint: `${publicUrl}/oauth/device_authorization`,
    response_types_supported: ["code"],
    grant_types_supported: Object.values(GRANT_TYPES),
    code_challenge_methods_supported: ["S256"],
    token_endpoint_auth_methods_supported: ["none"],
    revocation_endpoint_auth_methods_supported: ["none"],
    authorization_response_iss_parameter_supported: true,
  });
});
