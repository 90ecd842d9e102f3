import { plainName } from "../../plain-name.ts";

/*
 * Which headers of a request go on to the service. What the gate or the platform says of itself,
 * what proxies say of clients, and what belongs to the connection stay here: a service that trusts
 * a proxy must not trust whoever stands in front of it.
 */

export type Header = readonly [name: string, value: string];

export type ReadHeaders = {
  /** In their order, names in lower case. */
  readonly forward: readonly Header[];
  /**
   * The same for conditions, by name; one that came in several lines is joined by ", ". What does
   * not go on is not here either: no secret of the caller's, nothing that the service never sees.
   */
  readonly facts: Readonly<Record<string, string>>;
  /** Names that may have come more than once (RFC 9110 section 5.3 lets lines be joined). */
  readonly repeated: readonly string[];
};

/**
 * Case does not matter. `own`: what goes on in the stead of headers that stay. `wrong` says why,
 * for people; it never quotes a value.
 */
export function readHeaders(
  pairs: readonly Header[],
  own: readonly Header[] = [],
): ReadHeaders | { readonly wrong: string } {
  const headers: Header[] = pairs.map(([name, value]) => [name.toLowerCase(), value]);
  const wrong = headers.map(strange).find((sentence) => sentence !== null);
  if (typeof wrong === "string") return { wrong };
  const named = new Set(
    headers
      .filter(([name]) => name === "connection")
      .flatMap(([, value]) => value.split(",").map((one) => one.trim().toLowerCase())),
  );
  // The body is read by these before it goes on.
  if ([...named].some((name) => name.startsWith("content-") && name !== "content-length")) {
    return { wrong: "Connection names a header that says what the body is." };
  }
  const forward = headers
    .filter(([name, value]) => !STAYS.test(name) && !asksToWait(name, value))
    .concat(own)
    .filter(([name]) => !named.has(name));
  const facts = new Map<string, string>();
  const repeated = new Set<string>();
  for (const [name, value] of forward) {
    const before = facts.get(name);
    facts.set(name, before === undefined ? value : `${before}, ${value}`);
    if (before !== undefined || (value.includes(",") && !DATE.test(value))) repeated.add(name);
  }
  return { forward, facts: Object.fromEntries(facts), repeated: [...repeated] };
}

function strange([name, value]: Header): string | null {
  // CGI, and all that grew out of it, does not tell an underscore from a hyphen.
  if (name.includes("_")) return "A header's name has an underscore; write a hyphen.";
  if (!/^[!#$%&'*+.^`|~\da-z-]+$/u.test(name)) return "A header's name is not a token.";
  if (OVERRIDES.test(name)) return `${name} would make another request of this one.`;
  return CONTROL.test(value) ? `${name} holds a control character.` : null;
}

/** Not those of ISO 8859-1: in UTF-8 they are parts of letters. */
const CONTROL = /(?![\t\u0080-\u009f])\p{Cc}/u;
/** The one comma of a date (RFC 9110 section 5.6.7). */
const DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/u;

/** Another method, path or host than the request has, for some framework or proxy. */
const OVERRIDES = new RegExp(
  `^(?:${[
    "(?:x-)?http-method(?:-override)?",
    "x-method(?:-override)?",
    "x-original-(?:url|uri|method|host|path)",
    "x-rewrite-(?:url|uri)",
    "x-override-(?:url|uri|method)",
    "x-http-(?:host-override|path-override|destinationurl)",
    "x-host(?:-override)?",
    "x-envoy-original-(?:path|method|host)",
    "x-waws-unencoded-url",
    "x-middleware-.*|x-matched-path|x-now-route-matches|x-invoke-.*",
  ].join("|")})$`,
  "u",
);

/** In this order: of the connection; of the caller and this gate; what proxies say of clients. */
const STAYS = new RegExp(
  `^(?:${[
    "connection|keep-alive|te|trailers?|transfer-encoding|upgrade|expect|content-length",
    "http2-settings|early-data|proxy(?:-.*)?|accept-encoding|host|sec-websocket-.*",
    "authorization|cookie2?|origin|referer|sluice-.*|access-control-request-.*",
    "cf-.*|cdn-loop|via|forwarded|x-forwarded(?:-.*)?|x-real-ip|(?:x-)?true-client-ip",
    "(?:x-)?(?:cluster-)?client-ip|x-originating-ip|x-remote-(?:ip|addr|user)|remote-user",
    "fastly-.*|x-envoy-.*|x-azure-.*|x-appengine-.*|x-goog-iap-.*|x-goog-authenticated-.*",
    "x-amzn-(?:oidc|mtls)-.*|x-ms-client-principal.*|x-auth-request-.*|x-authenticated-.*",
    "x-webauth-.*|x-ssl-.*|ssl-client-.*|x-client-(?:cert|verify|dn).*|client-cert.*",
    "impersonate-.*|x-sendfile-type|x-accel-.*",
  ].join("|")})$`,
  "u",
);

/** RFC 7240: the gate itself answers 202, the service must not. */
const asksToWait = (name: string, value: string): boolean =>
  name === "prefer" && /respond-async/iu.test(value);

/**
 * A field by which Rails, Laravel, Symfony, Spring, Express, Salesforce and others take a POST for
 * another method. `body` is the value of readBody.
 */
export function overridesMethod(
  query: readonly (readonly [name: string, value: string])[],
  body: unknown,
): boolean {
  const fields = typeof body === "object" && body !== null && !Array.isArray(body) ? body : {};
  return [...query.map(([name]) => name), ...Object.keys(fields)].some((name) =>
    METHOD.test(plainName(name).replaceAll("-", "_")),
  );
}

const METHOD = new RegExp(
  `^(?:${[
    "[_[](?:http_?)?method",
    "x_http_method(?:_override)?",
    "x_method_override",
    "http_method_override",
  ].join("|")})(?:[_[].*)?$`,
  "u",
);
