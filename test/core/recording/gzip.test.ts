import { constants, crc32, deflateRawSync, gunzipSync } from "node:zlib";
import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { type Deflated, gzipOf, joinedCrc } from "../../../core/recording/gzip.ts";

const deflated = (bytes: Uint8Array, level: number): Deflated => ({
  bytes: deflateRawSync(bytes, { level, finishFlush: constants.Z_SYNC_FLUSH }),
  length: bytes.length,
  crc: crc32(bytes),
});

const PARTS = [
  new Uint8Array(0),
  Buffer.from("a"),
  Buffer.from("long ".repeat(30_000)),
  randomBytes(70_000),
  Buffer.alloc(2 ** 20, 7),
  new Uint8Array(0),
  Buffer.from("the end"),
];

it.each([0, 1, 9])("joins what was deflated at level %d to one gzip member", (level) => {
  for (let count = 0; count <= PARTS.length; count++) {
    const parts = PARTS.slice(0, count);
    const zipped = gzipOf(parts.map((part) => deflated(part, level)));
    expect(gunzipSync(zipped).equals(Buffer.concat(parts))).toBe(true);
  }
});

it("joins the checksums of any two parts", () => {
  const whole = randomBytes(300);
  for (let at = 0; at <= whole.length; at++) {
    const [first, second] = [whole.subarray(0, at), whole.subarray(at)];
    expect(joinedCrc(crc32(first), crc32(second), second.length)).toBe(crc32(whole));
  }
});
