/*
 * A request to the letter, and what must come of it. `~` in a target stands for the resource's own
 * root, `/http/svc`; AUTH for the lines of `Host` and the caller's token (TOKEN: of that alone);
 * HOST for the gateway's name, SERVICE for the service's origin. Each request ends its connection,
 * unless it says otherwise.
 */

/**
 *   refused   the service sees nothing; the gate says why
 *   broken    the service sees nothing; the runtime's own parser answers, or ends the connection
 *   reaches   the service sees exactly `sees`, which is also what was authorised and recorded
 */
export type Expectation = "refused" | "broken" | "reaches";

export type Sees = {
  readonly method?: string;
  readonly url?: string;
  /** Values of these headers, null where there must be none. */
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly body?: string;
};

export type HttpRow = {
  readonly about: string;
  /** All of the connection's bytes, as Latin-1. */
  readonly bytes: string;
  readonly expect: Expectation;
  readonly status?: number;
  /** A part of what the client is told. */
  readonly says?: string;
  readonly sees?: readonly Sees[];
};

type Given = readonly [about: string, bytes: string];

/** Lines of a head. */
export const lines = (...all: readonly string[]): string =>
  all.map((line) => `${line}\r\n`).join("");

/** With the length of the body, unless `head` says how it is framed. */
export function sent(method: string, target: string, head = "", body = ""): string {
  const framed = /^(?:content-length|transfer-encoding)\s*:/im.test(head) || body === "";
  const length = framed ? "" : `Content-Length: ${body.length}\r\n`;
  const path = target.replace("~", "/http/svc");
  return `${method} ${path} HTTP/1.1\r\nAUTHConnection: close\r\n${head}${length}\r\n${body}`;
}

export const get = (target: string, head = ""): string => sent("GET", target, head);

export const refused = (status: number, says: string, list: readonly Given[]): readonly HttpRow[] =>
  list.map(([about, bytes]) => ({ about, bytes, expect: "refused", status, says }));

export const broken = (list: readonly Given[]): readonly HttpRow[] =>
  list.map(([about, bytes]) => ({ about, bytes, expect: "broken" }));

export const reaches = (
  list: readonly (readonly [about: string, bytes: string, ...sees: Sees[]])[],
): readonly HttpRow[] =>
  list.map(([about, bytes, ...sees]) => ({ about, bytes, expect: "reaches", sees }));
