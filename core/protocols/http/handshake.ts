import type { Headers, Outgoing, Refusal, ResponseHead } from "../../exchange.ts";

/*
 * The opening handshake of a WebSocket (RFC 6455 section 4). Keys and their answers are the
 * platform's, on both sides.
 */

const [UPGRADE, PROTOCOL, EXTENSIONS] = [
  "upgrade",
  "sec-websocket-protocol",
  "sec-websocket-extensions",
];

/** A token (RFC 9110 section 5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/;

const valueOf = (headers: Headers, name: string): string | null =>
  headers.find(([known]) => known === name)?.[1] ?? null;

const listOf = (value: string | null): readonly string[] =>
  value === null ? [] : value.split(",").map((one) => one.trim());

/** Whether it is a request for a WebSocket, as it leaves. */
export const isUpgrade = ({ headers }: Outgoing): boolean => valueOf(headers, UPGRADE) !== null;

/**
 * What goes on to the service beside the other headers: nothing where no other protocol is asked
 * for. `origins`: of pages that may open one; programs send no Origin.
 */
export function readUpgrade(
  method: string,
  headers: Headers,
  hasBody: boolean,
  origins: readonly string[],
): { readonly forward: Headers } | { readonly refuse: Refusal } {
  const asked = valueOf(headers, UPGRADE);
  if (asked === null) return { forward: [] };
  if (asked.trim().toLowerCase() !== "websocket") {
    return refuse("bad_request", "Of other protocols only websocket is served by Upgrade.");
  }
  if (method !== "GET" || hasBody) {
    return refuse("bad_request", "A WebSocket is opened by GET, without a body.");
  }
  const version = valueOf(headers, "sec-websocket-version");
  if (version !== null && version !== "13") {
    return refuse("bad_request", "The version of WebSockets that is served is 13.");
  }
  const origin = valueOf(headers, "origin");
  if (origin !== null && !origins.includes(origin)) {
    return refuse("blocked", "Pages of this origin may not open a WebSocket here.");
  }
  const offered = listOf(valueOf(headers, PROTOCOL));
  if (new Set(offered).size !== offered.length || !offered.every((one) => TOKEN.test(one))) {
    return refuse("bad_request", "Sec-WebSocket-Protocol is no list of different tokens.");
  }
  const protocols: Headers = offered.length === 0 ? [] : [[PROTOCOL, offered.join(", ")]];
  return { forward: [[UPGRADE, "websocket"], ...protocols] };
}

/** The client's 101 of the service's. */
export function readAccept(
  outgoing: Outgoing,
  { headers }: ResponseHead,
): { readonly head: ResponseHead } | { readonly wrong: string } {
  if (!isUpgrade(outgoing)) {
    return { wrong: "The service switched protocols, and nobody had asked it to." };
  }
  const chosen = valueOf(headers, PROTOCOL);
  if (chosen !== null && !listOf(valueOf(outgoing.headers, PROTOCOL)).includes(chosen)) {
    return { wrong: "The service chose a subprotocol that was not offered." };
  }
  if (valueOf(headers, EXTENSIONS) !== null) {
    return { wrong: "The service chose an extension, and none was offered." };
  }
  return { head: { status: 101, headers: chosen === null ? [] : [[PROTOCOL, chosen]] } };
}

const refuse = (code: Refusal["code"], message: string): { refuse: Refusal } => ({
  refuse: { code, message, review: null },
});
