import { hex, utf8 } from "../../bytes.ts";
import type { Crypto } from "../../crypto.ts";
import type { UnixMs } from "../../decision.ts";

/*
 * AWS Signature Version 4 in the `Authorization` header (IAM User Guide, "Create a signed AWS API
 * request"). What is sent is not changed for it: a path and a query are brought into the form that
 * the service signs too, and only the signature sees that form.
 */

export type AwsKey = {
  readonly accessKey: string;
  readonly secretKey: string;
  /** `us-east-1`. */
  readonly region: string;
  /** `execute-api`, `s3`. */
  readonly service: string;
};

export type AwsRequest = {
  readonly method: string;
  /** As it is sent, without the query. */
  readonly path: string;
  /** As it is sent, with its question mark; empty where there is none. */
  readonly search: string;
  /** Those to be signed: `host` and `x-amz-date` among them. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** SHA-256 of the body in hex, or a word that stands for it, such as `UNSIGNED-PAYLOAD`. */
  readonly payload: string;
};

/** `20150830T123600Z`, as `x-amz-date` has it. */
export const amzDate = (now: UnixMs): string =>
  new Date(now).toISOString().replace(/[-:]|\.\d+/g, "");

/** The value of `Authorization`. Throws URIError where path or query are no percent-encoding. */
export function awsAuthorization(
  request: AwsRequest,
  key: AwsKey,
  date: string,
  crypto: Crypto,
): string {
  const headers = canonicalHeaders(request.headers);
  const names = headers.map(([name]) => name).join(";");
  const canonical = [
    request.method,
    canonicalPath(request.path, key.service),
    canonicalQuery(request.search),
    ...headers.map(([name, value]) => `${name}:${value}`),
    "",
    names,
    request.payload,
  ].join("\n");
  const scope = [date.slice(0, 8), key.region, key.service, "aws4_request"];
  const hash = hex(crypto.sha256(utf8(canonical)));
  const toSign = ["AWS4-HMAC-SHA256", date, scope.join("/"), hash].join("\n");
  const hmac = (under: Uint8Array, data: string) => crypto.hmacSha256(under, utf8(data));
  const signing = scope.reduce(hmac, utf8(`AWS4${key.secretKey}`));
  const credential = [key.accessKey, ...scope].join("/");
  const signature = hex(hmac(signing, toSign));
  const parts = [`Credential=${credential}`, `SignedHeaders=${names}`, `Signature=${signature}`];
  return `AWS4-HMAC-SHA256 ${parts.join(", ")}`;
}

/** S3 signs a path as it is sent; every other service encodes it once more. */
export const signsPathAsSent = (service: string): boolean => /^s3(-|express|$)/.test(service);

/**
 * For S3 the escapes as the rules have them: a client may have sent `!` plainly. For all others the
 * path without its dot and empty segments (RFC 3986 section 5.2.4), each segment encoded again.
 */
function canonicalPath(path: string, service: string): string {
  const segments = path.split("/");
  if (signsPathAsSent(service)) {
    return segments.map((segment) => encoded(decodeURIComponent(segment))).join("/");
  }
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(encoded(segment));
  }
  const folder = /\/\.{0,2}$/.test(path) && kept.length > 0;
  return `/${kept.join("/")}${folder ? "/" : ""}`;
}

/** Sorted by name, then value, as they are encoded; a plus is a space, as in forms. */
function canonicalQuery(search: string): string {
  const part = (text: string) => encoded(decodeURIComponent(text.replaceAll("+", " ")));
  return search
    .replace(/^\?/, "")
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair): readonly [string, string] => {
      const at = pair.indexOf("=");
      return at < 0 ? [part(pair), ""] : [part(pair.slice(0, at)), part(pair.slice(at + 1))];
    })
    .toSorted(([a, x], [b, y]) => byCode(a, b) || byCode(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** Names in lower case and sorted; the values of one name stay in their order. */
function canonicalHeaders(headers: AwsRequest["headers"]): [string, string][] {
  const values = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    const plain = value.trim().replace(/\s+/g, " ");
    values.set(lower, [...(values.get(lower) ?? []), plain]);
  }
  return [...values]
    .map(([name, all]): [string, string] => [name, all.join(",")])
    .toSorted(([a], [b]) => byCode(a, b));
}

const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** All but RFC 3986's unreserved characters, in upper-case hex. */
export const encoded = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
