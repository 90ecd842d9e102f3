import { base64, utf8 } from "../../bytes.ts";
import type { Crypto } from "../../crypto.ts";
import type { UnixMs } from "../../decision.ts";
import { ConfigError } from "../../errors.ts";
import { amzDate, awsAuthorization, type AwsKey, encoded, signsPathAsSent } from "./sigv4.ts";

/*
 * A target's credential, put on a request at the last moment: what is judged, shown to reviewers
 * and recorded is the request before it.
 */

/** Opened secrets: they live in one variable for one request, and are never recorded. */
export type HttpCredential =
  | { readonly kind: "bearer"; readonly token: string }
  | { readonly kind: "basic"; readonly user: string; readonly password: string }
  | { readonly kind: "header"; readonly name: string; readonly value: string }
  | { readonly kind: "query"; readonly name: string; readonly value: string }
  | ({ readonly kind: "aws"; readonly sessionToken: string | null } & AwsKey);

export type Header = readonly [name: string, value: string];

/** A request on its way to the target. `search` has its question mark, or is empty. */
export type RequestHead = {
  readonly method: string;
  readonly path: string;
  readonly search: string;
  /** What `Host` will say: with the port where it is not the scheme's own. */
  readonly host: string;
  readonly headers: readonly Header[];
};

/** `wrong` says why the client's request cannot carry the credential, for people. */
export type Credited =
  | { readonly search: string; readonly headers: readonly Header[] }
  | { readonly wrong: string };

/** What a client says of itself to the gate, and `Host`, never pass: with or without credential. */
const OWN: ReadonlySet<string> = new Set([
  "authorization",
  "proxy-authorization",
  "cookie",
  "host",
]);

/**
 * Query and headers as they are sent, with the credential (null: the target asks for none) in the
 * place of whatever the client sent under its name. `payload` is asked for by AWS alone. Throws
 * ConfigError where the credential would break a header; `faultIn` finds that earlier.
 */
export function credited(
  head: RequestHead,
  payload: string,
  credential: HttpCredential | null,
  now: UnixMs,
  crypto: Crypto,
): Credited {
  const { search } = head;
  const headers = head.headers.filter(([name]) => !OWN.has(plain(name)));
  if (credential === null) return { search, headers };
  switch (credential.kind) {
    case "bearer":
      return {
        search,
        headers: withHeader(headers, "authorization", `Bearer ${credential.token}`),
      };
    case "basic":
      return { search, headers: withHeader(headers, "authorization", basic(credential)) };
    case "header":
      return { search, headers: withHeader(headers, credential.name, credential.value) };
    case "query":
      return withParameter({ ...head, headers }, credential.name, credential.value);
    case "aws":
      return signed({ ...head, headers }, payload, credential, now, crypto);
  }
}

/** What may stand where: one word, a header's value, or any text that is encoded on its way. */
export type Place = "word" | "field" | "text";

/** Why a secret cannot stand there, to follow its name; never quotes it. */
export function faultIn(value: string, place: Place): string | null {
  if (value === "") return "is empty";
  if (/[\r\n]$/.test(value)) return "ends with a line break";
  if (/\p{Cc}/u.test(value)) return "has a line break or another control character";
  if (place === "text") return null;
  if (!/^[ -~]*$/.test(value)) return "has characters that are not ASCII";
  if (/^ | $/.test(value)) return "begins or ends with a space";
  return place === "word" && value.includes(" ") ? "has a space" : null;
}

/** RFC 7617, with UTF-8. A name with a colon would end early. */
function basic({ user, password }: HttpCredential & { kind: "basic" }): string {
  if (user.includes(":")) throw new ConfigError("credential.user", "a user's name has no colon");
  return `Basic ${base64(utf8(`${user}:${password}`))}`;
}

/** CGI and its heirs take `X_Api_Key` for `X-Api-Key`. */
const plain = (name: string): string => name.toLowerCase().replaceAll("_", "-");

/** `fetch` would refuse such a value too, and quote it in its error. */
function withHeader(headers: readonly Header[], name: string, value: string): readonly Header[] {
  const fault = faultIn(value, "field");
  if (fault !== null) {
    throw new ConfigError("credential.value", `the credential for ${name} ${fault}`);
  }
  return [...headers.filter(([other]) => plain(other) !== plain(name)), [name, value]];
}

/** Never replaced: readers differ about which of two parameters counts, so the client has none. */
function withParameter({ search, headers }: RequestHead, name: string, value: string): Credited {
  const names = parameterNames(search);
  if (names === null) return { wrong: "The query is not UTF-8." };
  if (names.includes(alike(name))) {
    return { wrong: `The parameter ${name} is the gateway's to set.` };
  }
  const joined = /^\??$/.test(search) ? "?" : search.endsWith("&") ? search : `${search}&`;
  return { search: `${joined}${encoded(name)}=${encoded(value)}`, headers };
}

/** Of a query as some reader may split it: some take a semicolon for an ampersand. */
function parameterNames(search: string): string[] | null {
  const names = search
    .replace(/^\?/, "")
    .split(/[&;]/)
    .map((part) => decoded(part.split("=", 1)[0] as string));
  return names.includes(null) ? null : (names as string[]).map((name) => alike(innermost(name)));
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part.replaceAll("+", " "));
  } catch {
    return null;
  }
}

/** Through escapes of escapes; each round makes it shorter. */
function innermost(name: string): string {
  const inner = /%[0-9a-f]{2}/i.test(name) ? decoded(name) : null;
  return inner === null ? name : innermost(inner);
}

/** PHP reads `api_key[]`, `api.key` and ` api key` as `api_key`; others ignore case. */
const alike = (name: string): string =>
  name.normalize("NFKC").toLowerCase().trim().split(/[[\0]/, 1)[0]?.replace(/[ .]/g, "_") ?? "";

/** A signature in the query (a "presigned URL") beside the one in the header is an error at AWS. */
const SIGNED_QUERY: ReadonlySet<string> = new Set([
  "x-amz-algorithm",
  "x-amz-credential",
  "x-amz-date",
  "x-amz-expires",
  "x-amz-security-token",
  "x-amz-signature",
  "x-amz-signedheaders",
  "awsaccesskeyid",
]);
/** Ours, whatever the client's SDK computed with whatever key. */
const SIGNED_HEADERS: ReadonlySet<string> = new Set([
  "x-amz-content-sha256",
  "x-amz-date",
  "x-amz-security-token",
]);
/** A body in pieces without signatures of their own, whose checksum follows it. */
const TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

function signed(
  head: RequestHead,
  payload: string,
  key: HttpCredential & { kind: "aws" },
  now: UnixMs,
  crypto: Crypto,
): Credited {
  const names = parameterNames(head.search);
  if (names === null) return { wrong: "The query is not UTF-8." };
  if (names.some((name) => SIGNED_QUERY.has(name))) {
    return { wrong: "The query carries a signature; the gateway signs for this resource." };
  }
  if (signsPathAsSent(key.service) && head.path.includes("+")) {
    return { wrong: "A plus in the path is a space to some; send %20 or %2B." };
  }
  const own = head.headers.find(([name]) => plain(name) === "x-amz-content-sha256")?.[1].trim();
  if (own !== TRAILER && own?.startsWith("STREAMING-")) {
    return { wrong: "The body is signed in pieces with a key of the client's; send it unsigned." };
  }
  const date = amzDate(now);
  const hash = own === TRAILER ? TRAILER : payload;
  const headers = [
    ...joined(head.headers.filter(([name]) => !SIGNED_HEADERS.has(plain(name)))),
    ["x-amz-date", date] as const,
    ["x-amz-content-sha256", hash] as const,
    ...(key.sessionToken === null ? [] : [["x-amz-security-token", key.sessionToken] as const]),
  ];
  const toSign = headers.filter(([name]) => /^(content-type|x-amz-.*)$/i.test(name));
  const request = { ...head, headers: [["host", head.host] as const, ...toSign], payload: hash };
  try {
    const authorization = awsAuthorization(request, key, date, crypto);
    return { search: head.search, headers: withHeader(headers, "authorization", authorization) };
  } catch (error) {
    if (error instanceof URIError) return { wrong: "The path is not UTF-8." };
    throw error;
  }
}

/** Headers of one name in one line, as `fetch` sends them (WHATWG Fetch, "combine"). */
function joined(headers: readonly Header[]): readonly Header[] {
  const values = new Map<string, string>();
  for (const [name, value] of headers) {
    const before = values.get(name.toLowerCase());
    const own = value.trim();
    values.set(name.toLowerCase(), before === undefined ? own : `${before}, ${own}`);
  }
  return [...values];
}
