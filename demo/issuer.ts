import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Server } from "node:http";
import { exportJWK, generateKeyPair } from "jose";
import type { Context, Provider } from "oidc-provider";
import { PEOPLE } from "./people.ts";

export type IssuerSettings = {
  readonly port: number;
  /** Origin of the gateway: where its sign-ins return to, and whom a service's token is for. */
  readonly publicUrl: string;
};

export type Issuer = {
  readonly url: string;
  /** The gateway's own credential here. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** The service `ci` gets a token by client credentials (RFC 6749 section 4.4). */
  readonly service: { readonly clientId: string; readonly clientSecret: string };
  /** Who is in which groups from now on; a person without an entry cannot sign in or refresh. */
  readonly groups: Map<string, readonly string[]>;
  stop(): Promise<void>;
};

/** An OpenID provider with four people and no passwords: for this machine's loopback only. */
export async function startIssuer({ port, publicUrl }: IssuerSettings): Promise<Issuer> {
  const url = `http://127.0.0.1:${port}`;
  const groups = new Map<string, readonly string[]>(
    Object.entries(PEOPLE).map(([name, person]) => [name, person.groups]),
  );
  const client = { clientId: "sluice", clientSecret: newSecret() };
  const service = { clientId: "ci", clientSecret: newSecret() };
  const provider = await quietly(async () => {
    const oidc = await import("oidc-provider");
    return new oidc.Provider(url, await configuration(publicUrl, groups, client, service));
  });
  provider.use((context, next) => interact(provider, context, next));
  for (const event of ["server_error", "authorization.error", "grant.error"]) {
    provider.on(event, (_, error) => console.error(`OpenID provider: ${event}: ${error.message}`));
  }
  const server = provider.listen(port, "127.0.0.1", () => {});
  await once(server, "listening");
  return { url, ...client, service, groups, stop: () => closed(server) };
}

const newSecret = (): string => randomBytes(24).toString("base64url");

type Client = { readonly clientId: string; readonly clientSecret: string };

async function configuration(
  publicUrl: string,
  groups: ReadonlyMap<string, readonly string[]>,
  client: Client,
  service: Client,
) {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const key = { ...(await exportJWK(privateKey)), alg: "ES256", use: "sig", kid: "demo" };
  return {
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: [`${publicUrl}/oauth/callback`],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
      },
      {
        client_id: service.clientId,
        client_secret: service.clientSecret,
        redirect_uris: [],
        grant_types: ["client_credentials"],
        response_types: [],
      },
    ],
    // Each sign-in says when the person was asked.
    clientDefaults: { id_token_signed_response_alg: "ES256", require_auth_time: true },
    acrValues: [PASSKEY],
    enabledJWA: { idTokenSigningAlgValues: ["ES256"] },
    jwks: { keys: [key] },
    cookies: { keys: [newSecret()] },
    pkce: { required: () => true },
    scopes: ["openid", "profile", "email", "groups", "offline_access"],
    claims: {
      openid: ["sub"],
      acr: null,
      profile: ["name", "preferred_username"],
      email: ["email", "email_verified"],
      groups: ["groups"],
    },
    // Groups belong into the ID token: the gateway reads them there.
    conformIdTokenClaims: false,
    findAccount: (_: Context, name: string) => accountOf(name, groups),
    loadExistingGrant: grantEverything,
    issueRefreshToken: async (_: Context, { clientId }: Client) => clientId === client.clientId,
    rotateRefreshToken: true,
    interactions: { url: (_: Context, { uid }: { uid: string }) => `/login/${uid}` },
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      ClientCredentials: 600,
      Grant: 86_400,
      IdToken: 600,
      Interaction: 600,
      RefreshToken: 86_400,
      Session: 86_400,
    },
    features: features(publicUrl, service),
    extraTokenClaims: (_: Context, token: { clientId: string }) =>
      token.clientId === service.clientId ? { groups: ["ci"] } : undefined,
  };
}

/** A service's token is a JWT for the gateway (RFC 9068); a person's is the issuer's own affair. */
const features = (publicUrl: string, service: Client) => ({
  devInteractions: { enabled: false },
  clientCredentials: { enabled: true },
  resourceIndicators: {
    enabled: true,
    defaultResource: (_: Context, { clientId }: Client) =>
      clientId === service.clientId ? publicUrl : undefined,
    getResourceServerInfo: () => ({
      scope: "",
      audience: publicUrl,
      accessTokenFormat: "jwt",
      accessTokenTTL: 600,
      jwt: { sign: { alg: "ES256" } },
    }),
  },
});

function accountOf(name: string, groups: ReadonlyMap<string, readonly string[]>) {
  const own = groups.get(name);
  if (own === undefined) return undefined;
  const claims = {
    sub: name,
    name: Object.hasOwn(PEOPLE, name) ? PEOPLE[name as keyof typeof PEOPLE].name : name,
    preferred_username: name,
    email: `${name}@sluice.example`,
    email_verified: true,
    groups: own,
  };
  return { accountId: name, claims: () => claims };
}

/** Nobody is asked whether the demo may know who they are. */
async function grantEverything({ oidc }: Context & { oidc: { provider: Provider } }) {
  const { clientId } = oidc.client;
  const grant = new oidc.provider.Grant({ clientId, accountId: oidc.session.accountId });
  grant.addOIDCScope("openid profile email groups offline_access");
  await grant.save();
  return grant;
}

/**
 * "Phishing-resistant" (OpenID Connect Extended Authentication Profile, ACR values). Nobody has a
 * passkey here: whoever asks for one is believed to have used it.
 */
const PASSKEY = "phr";

/** The sign-in page: one button for each person. */
async function interact(provider: Provider, context: Context, next: () => Promise<void>) {
  if (!/^\/login\/[\w-]+$/.test(context.path)) return next();
  const { req, res } = context;
  const finish = (result: object) => {
    context.respond = false;
    return provider.interactionFinished(req, res, result, { mergeWithLastSubmission: true });
  };
  const { prompt, params } = await provider.interactionDetails(req, res);
  const byPasskey = params["acr_values"]?.split(" ").includes(PASSKEY) === true;
  if (context.method === "POST") {
    const accountId = new URLSearchParams(await bodyOf(req)).get("person") ?? "";
    const how = byPasskey ? { acr: PASSKEY } : {};
    if (Object.hasOwn(PEOPLE, accountId)) return finish({ login: { accountId, ...how } });
    context.status = 400;
    return;
  }
  if (prompt.name === "consent") return finish({ consent: {} });
  context.type = "html";
  context.body = page;
}

async function bodyOf(request: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const buttons = Object.entries(PEOPLE).map(
  ([id, { name, title }]) =>
    `<button name="person" value="${id}"><b>${name}</b> <small>${title}</small></button>`,
);

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sluice demo: who are you?</title>
<style>
  body { font: 16px/1.5 system-ui; max-width: 24rem; margin: 12vh auto; padding: 0 1rem }
  button { display: block; width: 100%; margin: .5rem 0; padding: .75rem 1rem; font: inherit;
    text-align: left }
</style>
<h1>Who are you?</h1>
<p>The demo's OpenID provider asks for no password.</p>
<form method="post">${buttons.join("")}</form>
</html>
`;

/** The package warns of each short cut that a demo takes, and of any Node that is not an LTS. */
async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const { warn, info } = console;
  console.warn = console.info = () => {};
  try {
    return await work();
  } finally {
    Object.assign(console, { warn, info });
  }
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
