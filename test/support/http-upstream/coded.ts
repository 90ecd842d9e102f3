import * as zlib from "node:zlib";
import { type Call, count, reply } from "./call.ts";
import { documents } from "./samples.ts";

/** Content codings (RFC 9110 section 8.4.1); `deflate` is zlib's form, as the section demands. */
const CODINGS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: (bytes) => zlib.gzipSync(bytes),
  "x-gzip": (bytes) => zlib.gzipSync(bytes),
  deflate: (bytes) => zlib.deflateSync(bytes),
  "raw-deflate": (bytes) => zlib.deflateRawSync(bytes),
  br: (bytes) => zlib.brotliCompressSync(bytes),
  zstd: (bytes) => zlib.zstdCompressSync(bytes),
};

/**
 * ?n documents, coded ?with one or several in turn ("gzip,br"). `raw-deflate` says `deflate` and is
 * without zlib's frame, as some servers do; a name that nobody knows leaves the bytes as they are.
 * ?bad=cut sends half, ?bad=plain what is not coded at all, ?bad=after something behind the end.
 */
export function coded(call: Call): void {
  const names = (call.query.get("with") ?? "gzip").split(",");
  const plain = Buffer.from(documents(count(call.query, "n", 3, 1_000)));
  const whole = names.reduce((bytes, name) => (CODINGS[name] ?? ((same) => same))(bytes), plain);
  const bodies: Readonly<Record<string, Buffer>> = {
    cut: whole.subarray(0, whole.length / 2),
    plain,
    after: Buffer.concat([whole, Buffer.from("536-90-4399")]),
  };
  reply(call, bodies[call.query.get("bad") ?? ""] ?? whole, [
    ["content-type", "application/json"],
    ["content-encoding", names.join(", ").replace("raw-", "")],
    ["vary", "accept-encoding"],
    ["etag", `"coded-${names.join("-")}"`],
  ]);
}

const ZEROS_BYTES = 10_485_760;
const bombs = new Map<string, Buffer>();

/** 10 MiB of zeros, ?with gzip, br, deflate or zstd: over a thousand bytes for each one sent. */
export function bomb(call: Call): void {
  const name = call.query.get("with") ?? "gzip";
  const type = call.query.get("type") ?? "text/plain";
  const body = bombs.get(name) ?? CODINGS[name]?.(Buffer.alloc(ZEROS_BYTES)) ?? Buffer.alloc(0);
  bombs.set(name, body);
  reply(call, body, [
    ["content-type", type],
    ["content-encoding", name],
  ]);
}
