import { z } from "../zod.ts";

const secretName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/);
const secret = z.union(
  [z.strictObject({ secret: secretName }), z.strictObject({ env: z.string().min(1) })],
  "a secret is { secret: NAME } or { env: NAME }, never the text itself",
);

export const credentialSchema = z.union([
  z.strictObject({ bearer: secret }),
  z.strictObject({ basic: z.strictObject({ user: z.string(), password: secret }) }),
  z.strictObject({ header: z.string(), value: secret, prefix: z.string().optional() }),
  z.strictObject({ query: z.string(), value: secret }),
]);

/** Forms of core/protocols/http/target.ts that the platform carries to the byte. */
export const LISTED_FORMS = ["encoded-slash", "backslash", "parameters", "empty-segment"] as const;

export const listed = (names: readonly string[]): string =>
  names.map((name) => `\`${name}\``).join(", ");

const URL_SHAPE =
  /^https?:\/\/(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::[1-9]\d{0,4})?((?:\/[\w.~!$&'()*+,=:@-]+)*)$/;

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
export const hostOf = (url: string): string => {
  const authority = url.replace(/^https?:\/\//, "").split("/", 1)[0] as string;
  return authority.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
};
