import { seenNotesMax } from "../../limits.ts";
import { maskedValues } from "../../tally.ts";
import { UNSAFE } from "../../visible.ts";

/*
 * The records of one command of an HTTP session as people look at them: a request, its answer, and
 * how long both took. Nothing is decided by it; records that lie give strange words, never an
 * exception.
 */

/** A record as `/api/sessions/ID/records` gives it; of bytes their number alone may stand there. */
export type SeenRecord = {
  readonly seq: number;
  /** ISO 8601. */
  readonly at: string;
  readonly command: number;
  readonly kind: string;
  readonly fact: Readonly<Record<string, unknown>>;
};

/** `body`: as it is shown; `told` in its stead where it is only told of: "(5000000 bytes)". */
export type SeenRequest = {
  readonly method: string;
  readonly target: string;
  readonly body: string;
  readonly told: string | null;
};

export type SeenResponse = {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly type: string | null;
  /** The content coding that the recorded bytes still have, by its name in the headers. */
  readonly coding: string | null;
};

/** `under way`: held, sent, or being answered as far as the records go. */
export type SeenEnd = "under way" | "whole" | "left" | "broken off" | "failed";

export type Exchange = {
  readonly command: number;
  /** Its first record. */
  readonly seq: number;
  readonly at: string;
  /** Null: refused before it was read, or its record is not here. */
  readonly request: SeenRequest | null;
  readonly response: SeenResponse | null;
  readonly end: SeenEnd;
  /** The recording's own word for its end: "200", "closed with 1000"; null: there is none. */
  readonly tag: string | null;
  /** Of the body, as recorded. */
  readonly bytes: number;
  readonly masked: readonly { readonly rule: string; readonly cells: number }[];
  /** What detectors found, and so masked, wherever it stood. */
  readonly found: readonly { readonly kind: string; readonly count: number }[];
  /** Of all rules and detectors together. */
  readonly maskedValues: number;
  /** Milliseconds from when it might go until its answer began, and until that was over. */
  readonly firstMs: number | null;
  readonly wholeMs: number | null;
  /** What the gateway wrote beside it. */
  readonly notes: readonly string[];
};

type Draft = { -readonly [K in keyof Exchange]: Exchange[K] } & {
  /** Milliseconds since 1970 at which it might go, and of its last record. */
  goneAt: number;
  lastAt: number;
  /** The gateway answered itself. */
  ours: boolean;
};

/** Of one command's records, in their order, as many as there are so far. */
export function exchangeOf(records: readonly SeenRecord[]): Exchange {
  const [first] = records;
  const at = first?.at ?? new Date(0).toISOString();
  const draft: Draft = {
    command: first?.command ?? 0,
    seq: first?.seq ?? 0,
    at,
    request: null,
    response: null,
    end: "under way",
    tag: null,
    bytes: 0,
    masked: [],
    found: [],
    maskedValues: 0,
    firstMs: null,
    wholeMs: null,
    notes: [],
    goneAt: Date.parse(at),
    lastAt: Date.parse(at),
    ours: false,
  };
  for (const record of records) learn(draft, record);
  const { goneAt, lastAt, ours, ...exchange } = draft;
  const { response, end, bytes } = exchange;
  // What the gateway says itself has no record of its end: it is written down at once.
  const isSaid = response !== null && (ours || bytes === lengthIn(response));
  if (end !== "under way" || !isSaid) return exchange;
  return { ...exchange, end: "whole", wholeMs: Math.max(0, lastAt - goneAt) };
}

function learn(draft: Draft, { kind, fact, at }: SeenRecord): void {
  const now = Date.parse(at);
  draft.lastAt = now;
  switch (kind) {
    case "command":
      draft.request = requestOf(wordsOf(fact["shown"]));
      return;
    case "decision":
      draft.goneAt = now;
      draft.ours = fact["verdict"] === "block";
      return;
    case "settled":
      draft.goneAt = now;
      draft.ours = fact["verdict"] !== "approved";
      draft.end = fact["verdict"] === "withdrawn" ? "left" : "under way";
      return;
    case "response":
      draft.response = responseOf(fact);
      if (draft.end === "left") draft.end = "under way";
      draft.firstMs = Math.max(0, now - draft.goneAt);
      return;
    case "toClient":
      draft.bytes += lengthOf(fact);
      return;
    case "completed":
      draft.tag = wordsOf(fact["tag"]);
      draft.end = endOf(draft.tag);
      draft.masked = listOf(fact["masked"]).map(({ rule, cells }) => ({
        rule: wordsOf(rule),
        cells: Number(cells) || 0,
      }));
      draft.found = listOf(fact["findings"]).map(({ kind: found, count }) => ({
        kind: wordsOf(found),
        count: Number(count) || 0,
      }));
      draft.maskedValues = maskedValues({ masked: draft.masked, findings: draft.found });
      draft.wholeMs = Math.max(0, now - draft.goneAt);
      return;
    case "failed":
      draft.end = "failed";
      draft.wholeMs = Math.max(0, now - draft.goneAt);
      return;
    case "note":
      if (draft.request === null) draft.ours = true;
      if (draft.notes.length < seenNotesMax) {
        draft.notes = [...draft.notes, wordsOf(fact["message"])];
      }
      return;
    default:
  }
}

const wordsOf = (value: unknown): string => (typeof value === "string" ? value : "");

const endOf = (tag: string): SeenEnd => (tag === "left" || tag === "broken off" ? tag : "whole");

const TOLD = /^\((?:\d+ bytes|a body that streams)\)$/;

/** The shown form of a request: its line, and its body behind it. */
export function requestOf(shown: string): SeenRequest {
  const [, method = "", target = "", said = ""] =
    /^([A-Z][A-Z-]*) (\S*)(?:\n(.*))?$/s.exec(shown) ?? [];
  if (method === "") return { method: "", target: shown, body: "", told: null };
  const isTold = TOLD.test(said);
  return { method, target, body: isTold ? "" : said, told: isTold ? said.slice(1, -1) : null };
}

/** Codings by whose names a recording calls them. */
const TAKEN_OFF = new Set(["identity", "", "gzip", "x-gzip", "br", "deflate"]);

function responseOf(fact: SeenRecord["fact"]): SeenResponse {
  const headers = (Array.isArray(fact["headers"]) ? fact["headers"] : []).flatMap((pair: unknown) =>
    Array.isArray(pair) ? [[wordsOf(pair[0]), wordsOf(pair[1])] as const] : [],
  );
  const named = (name: string) => headers.find(([known]) => known === name)?.[1] ?? null;
  const said = (named("content-encoding") ?? "").trim().toLowerCase();
  const coding = typeof fact["coding"] === "string" ? fact["coding"] : null;
  return {
    status: Number(fact["status"]),
    headers,
    type: named("content-type"),
    coding: coding ?? (TAKEN_OFF.has(said) ? null : said),
  };
}

const lengthIn = ({ headers }: SeenResponse): number => {
  const said = headers.find(([name]) => name === "content-length")?.[1] ?? "";
  return /^\d+$/.test(said) ? Number(said) : Number.NaN;
};

/** Of base64, without decoding it. */
function lengthOf({ bytes, length }: SeenRecord["fact"]): number {
  if (typeof bytes !== "string") return typeof length === "number" ? length : 0;
  return (bytes.length / 4) * 3 - (/={0,2}$/.exec(bytes)?.[0].length ?? 0);
}

const listOf = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  (Array.isArray(value) ? value : []).filter((each) => typeof each === "object" && each !== null);

/** How it ended, for a list: "200", "200, left"; of a WebSocket "open", "closed with 1000". */
export function statusInWords(exchange: Exchange): string {
  const { response, end, tag } = exchange;
  if (isSocket(exchange)) return tag ?? "open";
  const status = String(response?.status ?? (end === "left" ? null : tag) ?? "no answer");
  if (end === "under way") return response === null ? "under way" : `${status}, under way`;
  return end === "whole" || end === "failed" ? status : `${status}, ${end}`;
}

/** It opened a WebSocket: what is recorded as its body are the service's messages. */
export const isSocket = ({ response }: Pick<Exchange, "response">): boolean =>
  response?.status === 101;

/** Of each message on a WebSocket, by its command: the command that opened it. */
export const openingsIn = (records: readonly SeenRecord[]): ReadonlyMap<number, number> =>
  new Map(
    records.flatMap(({ command, fact: { opening } }) =>
      typeof opening === "number" && opening < command ? [[command, opening]] : [],
    ),
  );

/**
 * The shown request for a shell: what was hidden in it stays hidden, and the token is a variable.
 * Null: it cannot be written so: its body is not shown, or holds what steers a terminal. `base`:
 * the resource's own URL.
 */
export function curlOf({ method, target, body, told }: SeenRequest, base: string): string | null {
  const steers = `${target}${body.replace(/\r?\n|\t/g, "")}`.search(UNSAFE) >= 0;
  if (told !== null || method === "" || steers) return null;
  const head = method === "HEAD" ? " --head" : method === "GET" ? "" : ` -X ${method}`;
  const plain = /[[\]{}]/.test(target) ? " --globoff" : "";
  const type = /^\s*[[{]/.test(body) ? ` -H ${quoted("Content-Type: application/json")}` : "";
  const sent = body === "" ? "" : `${type} --data-raw ${quoted(body)}`;
  const bearer = '-H "Authorization: Bearer $SLUICE_TOKEN"';
  return `curl${plain}${head} ${bearer}${sent} ${quoted(base + target)}`;
}

/** For a POSIX shell; what is plain stays so. */
const quoted = (text: string): string =>
  /^[\w./:=%,+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
