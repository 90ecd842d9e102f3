import { createHash } from "node:crypto";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { firstOf } from "../../../demo/billing/data.ts";
import { big } from "./big.ts";
import * as answers from "./call.ts";
import { type Call, count, flat, type Handler, reply, replyJson, typed } from "./call.ts";
import { bomb, coded } from "./coded.ts";
import { range } from "./range.ts";
import * as samples from "./samples.ts";

const SLOW_MS_MAX = 60_000;
const ITEMS_MAX = 100_000;

/** ?n documents, or ?as=awkward: valid JSON that no library writes. */
function json(call: Call): void {
  const awkward = call.query.get("as") === "awkward";
  const n = count(call.query, "n", 3, ITEMS_MAX);
  reply(call, awkward ? samples.AWKWARD : samples.documents(n), [
    ["content-type", "application/json"],
    ["etag", `"json-${awkward ? "awkward" : n}"`],
  ]);
}

async function echo(call: Call): Promise<void> {
  const { method = "", url = "", rawHeaders } = call.request;
  replyJson(call, { method, url, rawHeaders, body: (await call.body()).toString("base64") });
}

/** Sends back the body that came (or three documents), cut ?cuts=1,5 or ?every=1 bytes. */
async function chunked(call: Call): Promise<void> {
  const { query } = call;
  const came = await call.body();
  const bytes = came.length > 0 ? came : Buffer.from(samples.documents(3));
  const every = count(query, "every", 0, bytes.length);
  const steps = every > 0 ? Math.ceil(bytes.length / every) : 0;
  const cuts = firstOf((n) => n * every, steps);
  const asked = (query.get("cuts") ?? "").split(",").map(Number).filter(Number.isSafeInteger);
  call.response.writeHead(200, flat(typed(query.get("type") ?? "application/json")));
  const pieces = answers.cutAt(bytes, every > 0 ? cuts : asked.toSorted((a, b) => a - b));
  await answers.inPieces(call, pieces, count(query, "ms", 0, SLOW_MS_MAX));
}

const ENDS: Readonly<Record<string, string>> = { crlf: "\r\n", cr: "\r", lf: "\n" };

/** ?count events, ?ms apart, their lines ended by ?end=lf, crlf or cr. */
async function sse(call: Call): Promise<void> {
  const { response, query } = call;
  const end = ENDS[query.get("end") ?? "lf"];
  const headers = [...typed("text/event-stream"), ["cache-control", "no-store"] as const];
  response.writeHead(200, flat(headers));
  const events = firstOf((n) => samples.event(n, end), count(query, "count", 3, ITEMS_MAX));
  await answers.inPieces(call, events, count(query, "ms", 0, SLOW_MS_MAX));
}

async function ndjson(call: Call): Promise<void> {
  call.response.writeHead(200, flat(typed("application/x-ndjson")));
  await answers.inPieces(call, firstOf(samples.ndjson, count(call.query, "n", 3, ITEMS_MAX)));
}

/** ?ms before the head; with ?after=head the head and half of the body come first. */
async function slow(call: Call): Promise<void> {
  const ms = count(call.query, "ms", 100, SLOW_MS_MAX);
  const body = samples.documents(3);
  if (call.query.get("after") !== "head") {
    await delay(ms);
    return reply(call, body, typed("application/json"));
  }
  call.response.writeHead(200, flat(typed("application/json")));
  const half = Math.floor(body.length / 2);
  await answers.inPieces(call, [body.slice(0, half), body.slice(half)], ms);
}

/** Counts what comes and keeps none of it. */
async function upload(call: Call): Promise<void> {
  const hash = createHash("sha256");
  let bytes = 0;
  call.request.on("data", (chunk: Buffer) => {
    hash.update(chunk);
    bytes += chunk.length;
  });
  await once(call.request, "end");
  replyJson(call, { bytes, sha256: hash.digest("hex") });
}

/** Ends the connection in the middle: of a length that it told, or with ?framing=chunked. */
async function closeEarly({ response, query }: Call): Promise<void> {
  const body = samples.documents(3);
  const half = body.slice(0, count(query, "bytes", body.length / 2, body.length - 1));
  const length = [["content-length", String(Buffer.byteLength(body))]] as const;
  const framing = query.get("framing") === "chunked" ? [] : length;
  response.writeHead(200, flat([...typed("application/json"), ...framing]));
  await new Promise((resolve) => response.write(half, resolve));
  response.destroy();
}

/** The body that came is the whole answer, from its status line on; then the connection ends. */
async function raw({ request, body }: Call): Promise<void> {
  request.socket.end(await body());
}

/** An answer's fields behind its body (RFC 9110 section 6.5). */
function trailers({ response }: Call): void {
  response.writeHead(200, flat([...typed("text/plain"), ["trailer", "x-checksum, x-owner"]]));
  response.write(samples.TEXT);
  response.addTrailers([
    ["x-checksum", createHash("sha256").update(samples.TEXT).digest("hex")],
    ["x-owner", "ada@example.com"],
  ]);
  response.end();
}

function status(call: Call): void {
  const code = Number(call.rest);
  if (!(code >= 200 && code <= 599)) return replyJson(call, { error: "no such status" }, 400);
  if ([204, 205, 304].includes(code)) return void call.response.writeHead(code).end();
  replyJson(call, { status: code, remark: "for ada@example.com" }, code);
}

function redirect(call: Call): void {
  const to = call.query.get("to") ?? "/json";
  const code = count(call.query, "status", 302, 308);
  reply(call, "", [["location", to]], code);
}

function cookies(call: Call): void {
  reply(call, "{}", [
    ["content-type", "application/json"],
    ["set-cookie", "session=s3cret; Path=/; HttpOnly; SameSite=Lax"],
    ["set-cookie", "theme=dark; Expires=Wed, 01 Jan 2031 00:00:00 GMT"],
    ["set-cookie", "__Host-id=7; Path=/; Secure"],
  ]);
}

/** What the query names, in its order: `/headers?x-a=1&x-a=2`. */
const headers = (call: Call): void =>
  reply(call, "{}", [
    ...(call.query.has("content-type") ? [] : typed("application/json")),
    ...call.query,
  ]);

function badJson(call: Call): void {
  const body = samples.BAD_JSON.get(call.query.get("as") ?? "cut");
  if (body === undefined) return replyJson(call, { as: [...samples.BAD_JSON.keys()] }, 400);
  reply(call, body, typed("application/json"));
}

const octet = (call: Call): void => {
  const bytes = count(call.query, "bytes", 1_024, 67_108_864);
  reply(call, samples.octets(bytes), typed("application/octet-stream"));
};

/** By the first part of the path; each answers every method. */
export const ROUTES: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["echo", echo],
  ["json", json],
  ["coded", coded],
  ["bomb", bomb],
  ["chunked", chunked],
  ["range", range],
  ["sse", sse],
  ["ndjson", ndjson],
  [
    "csv",
    (call) => reply(call, samples.csv(count(call.query, "n", 3, ITEMS_MAX)), typed("text/csv")),
  ],
  ["text", (call) => reply(call, samples.TEXT, typed("text/plain; charset=utf-8"))],
  ["form", (call) => reply(call, samples.form(7), typed("application/x-www-form-urlencoded"))],
  ["octet", octet],
  ["big", big],
  ["status", status],
  ["redirect", redirect],
  ["cookies", cookies],
  ["headers", headers],
  ["slow", slow],
  ["upload", upload],
  ["close-early", closeEarly],
  ["raw", raw],
  ["bad-json", badJson],
  ["trailers", trailers],
]);
