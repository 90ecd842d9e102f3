import { type Credential, type CredentialWay, GATE_SECRETS, type SecretRule } from "../session.ts";
import { z } from "../zod.ts";

/*
 * How a resource of type `http` is entered: the shape of its `credential` in `sluice.yaml`. One
 * object with every key, so that an editor knows them all and an error names the key that it is
 * about; what comes out is one way, by `kind`.
 */

/** Where a secret lies: sealed in the gateway, or a secret of the Worker. */
export const secretSchema = z
  .union(
    [
      z.strictObject({
        secret: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, "not a secret's name"),
      }),
      z.strictObject({ env: z.string().min(1).max(200) }),
    ],
    "a secret is { secret: NAME } or { env: NAME }, never the text itself",
  )
  .refine((ref) => !("env" in ref) || !GATE_SECRETS.has(ref.env), "a secret of the gateway's own");

/** Up to a service's own bounds; one line, for nobody means two. */
const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^\P{Cc}*$/u, "one line without control characters");

/**
 * RFC 9110 section 5.1. Those that frame a message or that the way there sets are refused: a
 * secret in them would be dropped, or would change what the request is.
 */
const headerName = z
  .string()
  .regex(/^[\w!#$%&'*+.^`|~-]{1,100}$/, "not a header's name")
  .refine((name) => !FRAMING.test(name), "a header that frames a message carries no credential")
  .refine((name) => !WAY.test(name), "a header that the way sets carries no credential");
const FRAMING = new RegExp(
  "^(host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|range|" +
    "accept-encoding|content-.*|proxy-.*)$",
  "i",
);
const WAY = /^(sluice|cf|cdn|x-forwarded|sec-websocket)-.*$|^(forwarded|via|x-real-ip)$/i;

const basic = z.strictObject({
  user: line(256)
    .regex(/^[^:]*$/, "a colon would end the name (RFC 7617)")
    .describe("The user's name."),
  password: secretSchema.describe("The user's password."),
});

const oauth = z.strictObject({
  tokenUrl: z
    .string()
    .max(2_000)
    .refine((url) => placeOf(url) !== null, "an https: address without a user or a fragment")
    .describe("The token end point; `http:` only where the resource says `network: private`."),
  clientId: line(256).describe("Who the gateway is there."),
  clientSecret: secretSchema.describe("The client's secret."),
  scope: z
    .string()
    .max(1_000)
    .regex(/^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/, "words by single spaces")
    .optional()
    .describe("Scopes to ask for, by spaces."),
  audience: line(1_000).optional().describe("Whom the token is for, where the issuer asks."),
  auth: z
    .enum(["basic", "post"])
    .default("basic")
    .describe("`basic`: the secret goes in a header; `post`: in the form (RFC 6749, 2.3.1)."),
});

const aws = z.strictObject({
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,50}$/, "not a region")
    .describe("`us-east-1`."),
  service: z
    .string()
    .regex(/^[a-z0-9-]{1,50}$/, "not a service")
    .describe("The service's name in a signature: `execute-api`, `s3`."),
  accessKey: z
    .union(
      [z.string().regex(/^[\w.@+-]{1,128}$/, "not an access key's id"), secretSchema],
      "an access key's id, or a secret",
    )
    .describe("The access key's id, or a secret that holds it."),
  secretKey: secretSchema.describe("The secret access key."),
  sessionToken: secretSchema.optional().describe("Of a temporary key."),
});

const WAYS = ["bearer", "basic", "header", "query", "oauth", "aws"] as const;
const ONE_WAY =
  "a credential is one of bearer, basic, header, query, oauth and aws; mtls may stand beside it";

/** Its keys, for the page about the policy (docs/policy.md). */
export const credentialKeys = z.strictObject({
  bearer: secretSchema.optional().describe("A token, sent as `Authorization: Bearer …`."),
  basic: basic.optional().describe("`{ user, password }`, sent as `Authorization: Basic …`."),
  header: headerName.optional().describe("The header that carries `value`."),
  query: z
    .string()
    .regex(/^[\w.~$:-]{1,100}$/, "letters, digits and . _ ~ $ : - (100 at most)")
    .optional()
    .describe("The parameter of the query that carries `value`; a client may not send its own."),
  value: secretSchema.optional().describe("With `header` or `query`: the secret."),
  prefix: z
    .string()
    .regex(/^[!-~][ -~]{0,63}$/, "visible ASCII (64 at most)")
    .optional()
    .describe("With `header`: what stands before the secret, such as `Token `."),
  oauth: oauth
    .optional()
    .describe("A token of an issuer's, by client credentials: `{ tokenUrl, clientId, … }`."),
  aws: aws.optional().describe("AWS Signature 4: `{ region, service, accessKey, secretKey }`."),
  mtls: z
    .string()
    .regex(/^[A-Za-z_]\w{0,62}$/, "not a binding's name")
    .optional()
    .describe("The Worker's binding with the client certificate, alone or beside another way."),
});
type Keys = z.infer<typeof credentialKeys>;

export const credentialSchema = credentialKeys
  .superRefine((keys, context) => {
    for (const [path, message] of wrongIn(keys))
      context.addIssue({ code: "custom", path, message });
  })
  .transform((keys): Credential => ({ way: wayOf(keys), mtls: keys.mtls ?? null }));

function wrongIn(keys: Keys): [string[], string][] {
  const ways = WAYS.filter((way) => keys[way] !== undefined);
  if (ways.length > 1 || (ways.length === 0 && keys.mtls === undefined)) return [[[], ONE_WAY]];
  const valued = keys.header !== undefined || keys.query !== undefined;
  if (valued && keys.value === undefined) return [[[], `${ways[0]} needs a value`]];
  const wrong: [string[], string][] = [];
  if (!valued && keys.value !== undefined) {
    wrong.push([["value"], "a value stands beside header or query"]);
  }
  if (keys.header === undefined && keys.prefix !== undefined) {
    wrong.push([["prefix"], "a prefix stands beside header"]);
  }
  return wrong;
}

/** Of keys that `wrongIn` has nothing against. */
function wayOf(keys: Keys): CredentialWay | null {
  const { bearer, basic, header, query, value, prefix = "", oauth, aws } = keys;
  if (bearer !== undefined) return { kind: "bearer", token: bearer };
  if (basic !== undefined) return { kind: "basic", ...basic };
  if (header !== undefined && value !== undefined) {
    return { kind: "header", name: header, value, prefix };
  }
  if (query !== undefined && value !== undefined) return { kind: "query", name: query, value };
  if (oauth !== undefined) return { kind: "oauth", ...oauth };
  return aws === undefined ? null : { kind: "aws", ...aws };
}

/** Every secret that is named, to be looked for when a document is applied. */
export function secretsOf({ way }: Credential): readonly SecretRule[] {
  switch (way?.kind) {
    case undefined:
      return [];
    case "bearer":
      return [way.token];
    case "basic":
      return [way.password];
    case "header":
    case "query":
      return [way.value];
    case "oauth":
      return [way.clientSecret];
    case "aws":
      return [way.accessKey, way.secretKey, way.sessionToken].filter(
        (ref): ref is SecretRule => typeof ref === "object",
      );
  }
}

export type Place = {
  /** As it is written: another spelling of an address is refused, never put right (address.ts). */
  readonly host: string;
  /** Without TLS. */
  readonly plain: boolean;
};

/** Of an absolute address with `http:` or `https:`; null for everything else. */
export function placeOf(url: string): Place | null {
  const read = /^(https?):\/\/(\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?(?:[/?][!-~]*)?$/i.exec(url);
  const [, scheme, host] = read ?? [];
  if (scheme === undefined || host === undefined || /[#\\]/.test(url)) return null;
  return { host, plain: scheme.toLowerCase() === "http" };
}

/** Forms of core/protocols/http/target.ts that the platform carries to the byte. */
export const LISTED_FORMS = ["encoded-slash", "backslash", "parameters", "empty-segment"] as const;

export const listed = (names: readonly string[]): string =>
  names.map((name) => `\`${name}\``).join(", ");

const NAME = "[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?";
const PATH = "(?:/[\\w.~!$&'()*+,=:@-]+)*";
const URL_SHAPE = new RegExp(`^https?://(?:\\[[0-9a-f:.]+\\]|${NAME})(?::[1-9]\\d{0,4})?${PATH}$`);

/** An origin as URL parsers write it, and a plain base path; without a slash at the end. */
export const httpUrl = z
  .string()
  .max(2_000)
  .transform((url) => url.replace(/\/$/, ""))
  .refine((url) => URL_SHAPE.test(url), "must be http(s)://host[:port][/path], in lower case")
  .refine((url) => !/\/\.{1,2}(?:\/|$)/.test(url), "has a segment of dots")
  .refine(
    (url) => !/^(?:http:\/\/[^/]*:80|https:\/\/[^/]*:443)(?:\/|$)/.test(url),
    "names the port that its scheme has anyway",
  );

/** Of an accepted URL: name or address, without brackets. */
export const hostOf = (url: string): string => (placeOf(url)?.host ?? "").replace(/^\[|\]$/g, "");
