import { createHash } from "node:crypto";
import { type Call, flat, type Headers, reply } from "./call.ts";
import { TEXT } from "./samples.ts";

const ENTITY = Buffer.from(TEXT);
const SHA256 = createHash("sha256").update(ENTITY).digest("base64");
const ETAG = '"text-1"';
const LAST_MODIFIED = "Mon, 05 Jan 2026 09:00:00 GMT";

const VALIDATORS: Headers = [
  ["etag", ETAG],
  ["last-modified", LAST_MODIFIED],
  ["accept-ranges", "bytes"],
];
/** Of the whole, whatever part is sent (RFC 3230; RFC 9530 section 3). */
const DIGESTS: Headers = [
  ["digest", `sha-256=${SHA256}`],
  ["repr-digest", `sha-256=:${SHA256}:`],
];

/** A text that answers conditions and single ranges (RFC 9110 sections 13 and 14). */
export function range(call: Call): void {
  const { "if-none-match": none, "if-modified-since": since } = call.request.headers;
  const known = none === undefined ? since === LAST_MODIFIED : [ETAG, "*"].includes(none);
  if (known) return void call.response.writeHead(304, flat(VALIDATORS)).end();
  const headers: Headers = [
    ["content-type", "text/plain; charset=utf-8"],
    ...VALIDATORS,
    ...DIGESTS,
  ];
  const asked = call.request.headers["if-range"] ?? ETAG;
  const part = asked === ETAG ? partOf(call.request.headers.range) : null;
  if (part === null) {
    const content: Headers = [["content-digest", `sha-256=:${SHA256}:`]];
    return reply(call, ENTITY, [...headers, ...content]);
  }
  const { from, to } = part;
  if (from > to) {
    return reply(call, "", [...headers, ["content-range", `bytes */${ENTITY.length}`]], 416);
  }
  const place = `bytes ${from}-${to}/${ENTITY.length}`;
  reply(call, ENTITY.subarray(from, to + 1), [...headers, ["content-range", place]], 206);
}

/** The first and last byte; from behind to when there is none; null for another form. */
function partOf(value: string | undefined): { from: number; to: number } | null {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(value ?? "") ?? [];
  if (from === "" && to === "") return null;
  const last = ENTITY.length - 1;
  if (from === "") return { from: Math.max(0, ENTITY.length - Number(to)), to: last };
  return { from: Number(from), to: to === "" ? last : Math.min(Number(to), last) };
}
