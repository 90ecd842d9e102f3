import { z } from "zod";
import { isLoopback } from "../core/address.ts";
import { ConfigError } from "../core/errors.ts";
import { namedKeys, type NamedKeys } from "../store/keys.ts";
import { requireOtherSite } from "./hosts.ts";

/** What the deployment was told (CONTRACTS §8), checked once per isolate. */
export type Settings = {
  /** Origin of the gateway, no trailing slash: issuer and audience of its tokens. */
  readonly publicUrl: string;
  /** Services have hosts below it; null: they are reached under `/http/` alone. */
  readonly httpDomain: string | null;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly groupsClaim: string;
  readonly adminGroups: readonly string[];
  readonly signingKeys: NamedKeys;
};

const origin = z
  .url({ protocol: /^https?$/ })
  .refine((url) => new URL(url).origin === url.replace(/\/$/, ""), "must be an origin")
  .transform((url) => new URL(url).origin)
  .refine((url) => isSecure(url), "must be https, or http on loopback");

const variables = z.object({
  PUBLIC_URL: origin,
  HTTP_DOMAIN: z.string().default(""),
  OIDC_ISSUER: z.url().refine((url) => isSecure(url), "must be https, or http on loopback"),
  OIDC_CLIENT_ID: z.string().min(1),
  OIDC_CLIENT_SECRET: z.string().min(1),
  OIDC_GROUPS_CLAIM: z.string().min(1),
  ADMIN_GROUPS: z.string().transform((groups) => groups.split(",").map((group) => group.trim())),
  SIGNING_KEYS: z.string().min(1),
  SEALING_KEYS: z.string().min(1),
});

const known = new WeakMap<object, Settings>();

/** Throws a ConfigError that names the first variable that is missing or wrong, never its value. */
export function settingsOf(env: Env): Settings {
  const before = known.get(env);
  if (before !== undefined) return before;
  const parsed = variables.safeParse(env);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const what = `${issue?.path.join(".") ?? "a variable"} ${issue?.message ?? "is wrong"}`;
    throw new ConfigError("misconfigured", `The gateway cannot start: ${what}`);
  }
  const given = parsed.data;
  namedKeys("SEALING_KEYS", given.SEALING_KEYS);
  const httpDomain = given.HTTP_DOMAIN === "" ? null : given.HTTP_DOMAIN;
  if (httpDomain !== null) requireOtherSite(httpDomain, given.PUBLIC_URL);
  const settings = {
    publicUrl: given.PUBLIC_URL,
    httpDomain,
    issuer: given.OIDC_ISSUER,
    clientId: given.OIDC_CLIENT_ID,
    clientSecret: given.OIDC_CLIENT_SECRET,
    groupsClaim: given.OIDC_GROUPS_CLAIM,
    adminGroups: given.ADMIN_GROUPS.filter((group) => group !== ""),
    signingKeys: namedKeys("SIGNING_KEYS", given.SIGNING_KEYS),
  };
  known.set(env, settings);
  return settings;
}

/** https anywhere; http only where no network is in between. */
export function isSecure(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" || isLoopback(hostname);
}
