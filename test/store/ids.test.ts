import { describe, expect, it } from "vitest";
import { id } from "../../core/api/common.ts";
import { newId } from "../../store/ids.ts";

const BASE32 = "0123456789abcdefghijklmnopqrstuv";

/** The 128 bits again. */
const bitsOf = (made: string): bigint =>
  Array.from(made.slice(4)).reduce(
    (value, digit) => value * 32n + BigInt(BASE32.indexOf(digit)),
    0n,
  ) >> 2n;

describe("ids", () => {
  it("are a UUIDv7 of the instant (RFC 9562 section 5.7) in 26 base32 characters", () => {
    const at = Date.UTC(2026, 10, 25, 2, 30, 0, 123);
    const made = newId("ses", at);
    expect(id("ses").parse(made)).toBe(made);
    const bits = bitsOf(made);
    expect(Number(bits >> 80n)).toBe(at);
    expect(Number((bits >> 76n) & 15n)).toBe(7);
    expect(Number((bits >> 62n) & 3n)).toBe(2);
  });

  it("sort by their time and are never alike", () => {
    const made = Array.from({ length: 200 }, (_, i) => newId("rev", 1_700_000_000_000 + i));
    expect(made.toSorted()).toEqual(made);
    const sameInstant = Array.from({ length: 200 }, () => newId("rev", 1));
    expect(new Set(sameInstant).size).toBe(200);
  });
});
