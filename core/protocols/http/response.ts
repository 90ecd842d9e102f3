import { type Answer, type Coding, CODINGS, hasNoBody, type Headers } from "../../exchange.ts";
import type { Outgoing, Refusal, ResponseHead } from "../../exchange.ts";
import { cookieForBrowser } from "./cookies.ts";
import { headerValue } from "./header-value.ts";
import { LINKS } from "./links.ts";
import type { Masker } from "../../masker.ts";
import type { HttpResource } from "../../session.ts";

/** They speak of one connection (RFC 9110 section 7.6.1), or would speak in the gateway's name. */
const NEVER = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "set-cookie2",
  "alt-svc",
  "strict-transport-security",
  "clear-site-data",
  "nel",
  "report-to",
  "reporting-endpoints",
  "www-authenticate",
  "service-worker-allowed",
]);

/** What the gateway answers by, or says to itself. */
const OF_THE_GATE = /^(?:access-control|sluice|cf|mf)-/;

/** They tell of the bytes before they were masked. */
const OF_THE_VALUE = new Set([
  "accept-ranges",
  "content-digest",
  "content-length",
  "content-md5",
  "content-range",
  "digest",
  "etag",
  "repr-digest",
  "signature",
  "signature-input",
  "want-content-digest",
  "want-repr-digest",
]);

/** RFC 9110 section 15: there are five classes. The platform sends no other. */
const STATUS_MAX = 599;

/** How the service's answer goes on, or why it must not. */
export function answerOf(
  outgoing: Outgoing,
  head: ResponseHead,
  masker: Masker,
  resource: HttpResource,
): Answer | { readonly refuse: Refusal } {
  if (head.status > STATUS_MAX) return unreadable(`a status of ${head.status}`);
  const valueOf = (name: string) => head.headers.find(([known]) => known === name)?.[1] ?? null;
  const type = valueOf("content-type");
  const none = hasNoBody(outgoing.method, head.status);
  const whole = masker.idle ? "pass" : masker.body(type, resource.unreadable);
  const body = none ? "pass" : whole;
  if (head.status < 200 || head.status > STATUS_MAX) return unreadable("an answer of its status");
  if (body === "refuse") return unreadable(`an answer of type ${type ?? "unknown"}`);
  const coding = codingOf(valueOf("content-encoding"));
  if (body !== "pass" && coding === undefined) return unreadable("the answer's content coding");
  if (!masker.idle && head.status === 206) return unreadable("a part of an answer");
  const dropped = (name: string): boolean =>
    NEVER.has(name) ||
    OF_THE_GATE.test(name) ||
    (!masker.idle && OF_THE_VALUE.has(name) && (whole !== "pass" || !isLength(name)));
  const headers: Headers = forHere(head.headers, outgoing, resource)
    .filter(([name]) => !dropped(name))
    .map(([name, value]) => [name, headerValue(name, value, masker)] as const);
  const length = body === "pass" ? lengthOf(valueOf("content-length")) : null;
  return {
    head: { status: head.status, headers },
    coding: coding ?? null,
    body,
    rules: /^text\/event-stream/i.test(type ?? "") ? null : masker.rules,
    length: none ? 0 : length,
  };
}

const isLength = (name: string): boolean => name === "content-length";

const unreadable = (what: string): { refuse: Refusal } => ({
  refuse: {
    code: "unreadable",
    message: `The gateway cannot read ${what}, so nothing of it may pass.`,
    review: null,
  },
});

/** Null: none; undefined: one that is not known, or several. */
function codingOf(value: string | null): Coding | null | undefined {
  const name = (value ?? "identity").trim().toLowerCase();
  if (name === "identity" || name === "") return null;
  if (name === "x-gzip") return "gzip";
  return CODINGS.find((known) => known === name);
}

const lengthOf = (value: string | null): number | null =>
  value !== null && /^\d{1,15}$/.test(value) ? Number(value) : null;

/** Links and cookies as they must read on the gateway's side; cookies on the own host alone. */
function forHere(headers: Headers, outgoing: Outgoing, { name, url }: HttpResource): Headers {
  const { path, ownHost = null } = outgoing;
  const place = { url, prefix: ownHost === null ? `/http/${name}` : "" };
  const base = url.replace(/^https?:\/\/[^/]*/, "");
  return headers.flatMap(([header, value]) => {
    if (header !== "set-cookie") return [[header, LINKS[header]?.(value, place) ?? value] as const];
    if (ownHost === null) return [];
    const cookie = cookieForBrowser(value, { path, base, secure: ownHost.secure });
    return cookie === null ? [] : [[header, cookie] as const];
  });
}
