import { createHash, randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CLI_CLIENT_ID, GRANT_TYPES, type TokenAnswer } from "../../core/api/oauth.ts";
import { notSignedIn } from "../failure.ts";
import { askToken, type Metadata } from "./oauth.ts";

const signInSeconds = 300;

/**
 * Signs in by the person's browser: a code comes back to a loopback address of this process (RFC
 * 8252 section 7.3) and is good only with a verifier that never left it (RFC 7636). `show` gets
 * the address to open; `fresh`: whoever is signed in there is asked again.
 */
export async function signInByBrowser(
  metadata: Metadata,
  fresh: boolean,
  show: (url: string) => void,
): Promise<TokenAnswer> {
  const verifier = randomBytes(32).toString("base64url");
  const state = randomBytes(16).toString("base64url");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`;
  try {
    const code = codeFrom(server, redirectUri, state, metadata.issuer);
    show(authorizationUrl(metadata, { redirectUri, state, verifier, fresh }));
    return await askToken(metadata.token_endpoint, {
      grant_type: GRANT_TYPES.code,
      code: await code,
      redirect_uri: redirectUri,
      client_id: CLI_CLIENT_ID,
      code_verifier: verifier,
    });
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

type Asked = {
  readonly redirectUri: string;
  readonly state: string;
  readonly verifier: string;
  readonly fresh: boolean;
};

function authorizationUrl(metadata: Metadata, asked: Asked): string {
  const { redirectUri, state, verifier, fresh } = asked;
  const url = new URL(metadata.authorization_endpoint);
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: CLI_CLIENT_ID,
    redirect_uri: redirectUri,
    state,
    code_challenge: challenge,
    code_challenge_method: "S256",
    ...(fresh && { prompt: "login" }),
  }).toString();
  return url.href;
}

/**
 * The code that the gateway sends back. `iss` must be the gateway (RFC 9207); strangers get 404.
 */
function codeFrom(
  server: Server,
  redirectUri: string,
  state: string,
  issuer: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(notSignedIn("Nobody signed in within five minutes.")),
      signInSeconds * 1000,
    );
    server.on("close", () => clearTimeout(late));
    server.on("request", (request, response) => {
      const url = new URL(request.url ?? "/", redirectUri);
      const query = url.searchParams;
      const ours = query.get("state") === state && query.get("iss") === issuer;
      if (url.pathname !== "/callback" || !ours) {
        response.writeHead(404).end();
        return;
      }
      const code = query.get("code");
      response.writeHead(200, { "content-type": "text/plain; charset=utf-8", connection: "close" });
      response.end(
        code === null
          ? "You are not signed in. Look at the terminal.\n"
          : "Almost done: look at the terminal. You may close this window.\n",
        () => (code === null ? reject(notSignedIn(whyNot(query.get("error")))) : resolve(code)),
      );
    });
  });
}

const whyNot = (error: string | null): string =>
  error === "access_denied"
    ? "The identity provider did not sign you in."
    : `The gateway did not sign you in: ${error ?? "no code came back"}.`;
