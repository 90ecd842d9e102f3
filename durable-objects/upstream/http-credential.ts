import { faultIn, type HttpCredential, type Place } from "../../core/protocols/http/credential.ts";
import type { CredentialWay, ExchangeSpec, HttpResource, SecretRule } from "../../core/session.ts";
import { ClientCredentials } from "./oauth.ts";
import { Unreachable } from "./reach.ts";
import { openSecret, type SecretEnv } from "./secret.ts";

/** What of a session's spec is needed for its credential. */
export type GivenCredential = Pick<ExchangeSpec, "sealed"> & {
  readonly resource: Pick<HttpResource, "credential" | "network">;
};

/**
 * Opens what one request needs; the caller keeps it no longer than that. `tokens` is what
 * `tokensOf` gave for the same credential. Null: nothing goes on the request. Throws Unreachable,
 * which names a secret and what is wrong with it, and never quotes it.
 */
export async function openCredential(
  env: SecretEnv,
  { resource, sealed }: GivenCredential,
  tokens: ClientCredentials | null,
): Promise<HttpCredential | null> {
  const { way } = resource.credential;
  const secret = (ref: SecretRule, place: Place) => fitting(env, sealed, ref, place);
  switch (way?.kind) {
    case undefined:
      return null;
    case "bearer":
      return { kind: "bearer", token: await secret(way.token, "word") };
    case "basic":
      return { ...way, password: await secret(way.password, "text") };
    case "header": {
      const value = `${way.prefix}${await secret(way.value, "field")}`;
      return { kind: "header", name: way.name, value };
    }
    case "query":
      return { ...way, value: await secret(way.value, "text") };
    case "oauth":
      if (tokens === null) throw new Error("openCredential needs what tokensOf gave");
      return { kind: "bearer", token: await tokens.token() };
    case "aws":
      return awsKey(way, secret);
  }
}

/** Made once for a resource in an object, for it keeps the token. Null: the way needs none. */
export function tokensOf(
  env: SecretEnv,
  { resource, sealed }: GivenCredential,
): ClientCredentials | null {
  const { way } = resource.credential;
  if (way?.kind !== "oauth") return null;
  const { clientSecret } = way;
  return new ClientCredentials(way, resource.network, () =>
    fitting(env, sealed, clientSecret, "text"),
  );
}

type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * What sends the request: the platform's `fetch`, or that of the binding whose client certificate
 * the target asks for (`mtls_certificates`). Throws Unreachable where there is none of that name.
 */
export function fetcherOf(env: object, binding: string | null): Fetch {
  if (binding === null) return (input, init) => fetch(input, init);
  const bound = (env as Readonly<Record<string, unknown>>)[binding];
  if (!isFetcher(bound)) {
    throw new Unreachable(`The Worker has no binding ${binding} to a client certificate.`);
  }
  return (input, init) => bound.fetch(input, init);
}

const isFetcher = (bound: unknown): bound is { readonly fetch: Fetch } =>
  typeof bound === "object" &&
  bound !== null &&
  typeof (bound as { readonly fetch?: unknown }).fetch === "function";

async function fitting(
  env: SecretEnv,
  sealed: ExchangeSpec["sealed"],
  rule: SecretRule,
  place: Place,
): Promise<string> {
  const value = await openSecret(env, rule, sealed);
  const fault = faultIn(value, place);
  if (fault === null) return value;
  throw new Unreachable(`The secret ${"env" in rule ? rule.env : rule.secret} ${fault}.`);
}

async function awsKey(
  { region, service, accessKey, secretKey, sessionToken }: CredentialWay & { kind: "aws" },
  secret: (ref: SecretRule, place: Place) => Promise<string>,
): Promise<HttpCredential> {
  return {
    kind: "aws",
    region,
    service,
    accessKey: typeof accessKey === "string" ? accessKey : await secret(accessKey, "word"),
    secretKey: await secret(secretKey, "word"),
    sessionToken: sessionToken === undefined ? null : await secret(sessionToken, "word"),
  };
}
