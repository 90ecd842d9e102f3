import { createHash } from "node:crypto";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import {
  brotliDecompressSync,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { startUpstream, type Upstream } from "../support/http-upstream.ts";

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.stop());

/** Bytes in, bytes out: fetch would decode, join and normalise. */
async function raw(lines: readonly string[], body = ""): Promise<string> {
  const socket = connect(upstream.port, "127.0.0.1");
  const head = [...lines, "Host: x", "Connection: close"].map((line) => `${line}\r\n`).join("");
  socket.write(`${head}\r\n${body}`);
  return text(socket);
}
const call = (path: string, init?: RequestInit): Promise<Response> =>
  fetch(`${upstream.url}${path}`, init);

test("keeps a request as it came", async () => {
  await raw(
    ["POST /echo/../a%2Fb;c//?q=%00 HTTP/1.1", "X-A: 1", "x-a: 2", "Content-Length: 2"],
    "hi",
  );
  const seen = upstream.seen.at(-1)!;
  expect(seen).toMatchObject({ method: "POST", url: "/echo/../a%2Fb;c//?q=%00", ended: true });
  expect(seen.rawHeaders.slice(0, 4)).toEqual(["X-A", "1", "x-a", "2"]);
  expect(seen.body.toString()).toBe("hi");
});

test("echoes a long body whole, in its order", async () => {
  const body = Buffer.from(Array.from({ length: 300_000 }, (_, n) => `${n}\n`).join(""));
  const answer = await call("/echo", { method: "PUT", body });
  expect(await answer.json()).toMatchObject({ method: "PUT", body: body.toString("base64") });
});

test("sends headers as they were named, again where they were named again", async () => {
  const answer = await raw(["GET /headers?X-b=1&set-cookie=a&set-cookie=b&x-B=2 HTTP/1.1"]);
  const names = answer.split("\r\n").filter((line) => /^(x-b|set-cookie):/i.test(line));
  expect(names).toEqual(["X-b: 1", "set-cookie: a", "set-cookie: b", "x-B: 2"]);
  expect(answer).not.toMatch(/^date:/im);
});

test("cuts where it is told to", async () => {
  const answer = await raw(["POST /chunked?cuts=1,4 HTTP/1.1", "Content-Length: 6"], "abcdef");
  expect(answer).toContain("\r\n\r\n1\r\na\r\n3\r\nbcd\r\n2\r\nef\r\n0\r\n\r\n");
});

const DECODERS = {
  gzip: gunzipSync,
  deflate: inflateSync,
  "raw-deflate": inflateRawSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
  "x-unknown": (bytes: Buffer) => bytes,
};
test.for(Object.entries(DECODERS))("codes by %s", async ([name, decode]) => {
  const socket = connect(upstream.port, "127.0.0.1");
  socket.write(`GET /coded?with=${name} HTTP/1.0\r\n\r\n`);
  const chunks: Buffer[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const head = bytes.subarray(0, bytes.indexOf("\r\n\r\n"));
  const body = bytes.subarray(head.length + 4);
  expect(head.toString()).toContain(`content-encoding: ${name.replace("raw-", "")}`);
  expect(decode(body).toString()).toBe(await (await call("/json")).text());
});

test("grows a thousandfold", async () => {
  const answer = await call("/bomb");
  const sent = Number(answer.headers.get("content-length"));
  expect((await answer.arrayBuffer()).byteLength / sent).toBeGreaterThan(1_000);
});

test("knows ranges and conditions", async () => {
  const get = (headers: Record<string, string>) => call("/range", { headers });
  const whole = await (await get({})).text();
  const part = await get({ range: "bytes=10-19" });
  expect([part.status, await part.text()]).toEqual([206, whole.slice(10, 20)]);
  expect(part.headers.get("content-range")).toMatch(/^bytes 10-19\/\d+$/);
  expect((await get({ range: "bytes=9999-" })).status).toBe(416);
  expect((await get({ "if-none-match": '"text-1"' })).status).toBe(304);
});

test.for(["json", "ndjson", "sse", "octet"])("streams megabytes of %s", async (type) => {
  const answer = await call(`/big?mb=3&type=${type}`);
  const body = Buffer.from(await answer.arrayBuffer());
  expect(body.length).toBeGreaterThanOrEqual(3 * 1_048_576);
  if (type === "json") expect(JSON.parse(body.toString())).toHaveProperty("items.0.id", 1);
  if (type === "ndjson") {
    const lines = body.toString().trimEnd().split("\n");
    expect(lines.map((line: string) => typeof JSON.parse(line))).not.toContain("string");
  }
});

test("drops the connection in the middle of a body", async () => {
  await expect((await call("/close-early")).text()).rejects.toThrow();
  await expect((await call("/close-early?framing=chunked")).text()).rejects.toThrow();
});

test("hashes an upload and keeps its beginning", async () => {
  const body = Buffer.alloc(6_000_000, "x");
  const sha256 = createHash("sha256").update(body).digest("hex");
  const answer = await call("/upload", { method: "POST", body });
  expect(await answer.json()).toEqual({ bytes: body.length, sha256 });
  expect(upstream.seen.at(-1)!.bodyBytes).toBe(body.length);
  expect(upstream.seen.at(-1)!.body.length).toBeLessThanOrEqual(4 * 1_048_576);
});

test("sends a whole answer as it was given", async () => {
  const given = "HTTP/1.1 200 Fine\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab";
  const head = ["POST /raw HTTP/1.1", `Content-Length: ${given.length}`];
  expect(await raw(head, given)).toBe(given);
});

test("sends trailers", async () => {
  const answer = await raw(["GET /trailers HTTP/1.1"]);
  expect(answer).toMatch(/\r\n0\r\nx-checksum: [0-9a-f]{64}\r\nx-owner: ada@example.com\r\n\r\n$/);
});

test.for([
  ["/json?n=2", 200, /"ssn"/],
  ["/json?as=awkward", 200, /s\\u0073n/],
  ["/sse?count=4", 200, /^retry: 1000\nid: 1\n[\s\S]+\ndata: \{.+\n\n$/],
  ["/ndjson?n=2", 200, /^\{.+\}\n\{.+\}\n$/],
  ["/csv?n=2", 200, /^id,.+\r\n1,/],
  ["/text", 200, /-----BEGIN PRIVATE KEY-----/],
  ["/form", 200, /email=customer7%40example.org/],
  ["/status/503", 503, /503/],
  ["/status/204", 204, /^$/],
  ["/cookies", 200, /^\{\}$/],
  ["/slow?ms=1", 200, /"total":3/],
  ["/slow?ms=1&after=head", 200, /"total":3/],
  ["/bad-json?as=in-text", 200, /43$/],
  ["/octet?bytes=0", 200, /^$/],
  ["/nowhere", 404, /no such route/],
] as const)("%s answers %i", async ([path, status, body]) => {
  const answer = await call(path);
  expect([answer.status, await answer.text()]).toEqual([status, expect.stringMatching(body)]);
});

test("redirects where it is told to", async () => {
  const to = "http://169.254.169.254/latest";
  const answer = await call(`/redirect?to=${encodeURIComponent(to)}`, { redirect: "manual" });
  expect([answer.status, answer.headers.get("location")]).toEqual([302, to]);
});

test("says what a test tells it to say", async () => {
  upstream.told.set("/json", { status: 418, headers: [["x-a", "1"]], pieces: ["a", "b"] });
  const answer = await call("/json?n=9");
  expect([answer.status, answer.headers.get("x-a"), await answer.text()]).toEqual([418, "1", "ab"]);
  upstream.told.clear();
});

test("speaks WebSocket", async () => {
  const open = (path: string) => new WebSocket(`${upstream.url.replace("http", "ws")}${path}`);
  const said: string[] = [];
  const pushed = open("/ws-push?count=2");
  pushed.on("message", (data: Buffer) => said.push(data.toString()));
  const code = await new Promise((resolve) => pushed.once("close", resolve));
  expect([code, said.length]).toEqual([1_000, 2]);
  const echoed = open("/ws-echo");
  await new Promise((resolve) => echoed.once("open", resolve));
  for (const message of ["text", Buffer.from([0, 255])]) {
    echoed.send(message);
    const back = await new Promise((resolve) => {
      echoed.once("message", (data: Buffer, binary) => resolve(binary ? data : data.toString()));
    });
    expect(back).toEqual(message);
  }
  echoed.terminate();
  expect(upstream.seen.at(-1)).toMatchObject({ method: "GET", url: "/ws-echo" });
});
