import { type Answer, type Coding, CODINGS, hasNoBody, type Headers } from "../../exchange.ts";
import type { Outgoing, Refusal, ResponseHead } from "../../exchange.ts";
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
  "set-cookie",
  "alt-svc",
  "strict-transport-security",
  "clear-site-data",
  "nel",
  "report-to",
  "reporting-endpoints",
  "www-authenticate",
  "service-worker-allowed",
]);

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

const LINKS = new Set(["location", "content-location"]);

export type Rewrite = (link: string) => string;

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
  const chosen = masker.idle ? "pass" : masker.body(type, resource.unreadable);
  const body = none ? "pass" : chosen;
  if (body === "refuse") return unreadable(`an answer of type ${type ?? "unknown"}`);
  const coding = codingOf(valueOf("content-encoding"));
  if (body !== "pass" && coding === undefined) return unreadable("the answer's content coding");
  if (!masker.idle && head.status === 206) return unreadable("a part of an answer");
  const dropped = (name: string): boolean =>
    NEVER.has(name) ||
    (!masker.idle && OF_THE_VALUE.has(name) && (chosen !== "pass" || !isLength(name)));
  const headers: Headers = head.headers
    .filter(([name]) => !dropped(name))
    .map(([name, value]) => [name, LINKS.has(name) ? linkOf(value, resource) : value] as const)
    .map(([name, value]) => [name, masker.header(name, value).text] as const);
  const length = body === "pass" ? lengthOf(valueOf("content-length")) : null;
  return {
    head: { status: head.status, headers },
    coding: coding ?? null,
    body,
    endless: /^text\/event-stream/i.test(type ?? ""),
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

/** An absolute link to the service itself becomes one from its root on. */
function linkOf(link: string, { url }: HttpResource): string {
  if (link === url) return "/";
  return link.startsWith(`${url}/`) ? link.slice(url.length) : link;
}
