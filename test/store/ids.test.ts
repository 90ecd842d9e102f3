import { describe, expect, it } from "vitest";
import { id } from "../../core/api/common.ts";
import { leastId, newId, sessionNumber } from "../../store/ids.ts";

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

  it("are not below the least of their instant, and above that of the one before", () => {
    const made = newId("ses", 1_700_000_000_001);
    expect(made > leastId("ses", 1_700_000_000_001)).toBe(true);
    expect(made < leastId("ses", 1_700_000_000_002)).toBe(true);
    expect(id("ses").parse(leastId("ses", 1_700_000_000_001)).length).toBe(made.length);
  });

  it("have numbers that sort as they do and fit SQLite's integers", () => {
    const times = [Date.UTC(1999, 0), Date.UTC(2020, 0), Date.UTC(2026, 10), Date.UTC(2089, 0)];
    const made = times.flatMap((at) => Array.from({ length: 50 }, () => newId("ses", at)));
    const all = [...made, ...times.map((at) => leastId("ses", at))].toSorted();
    const numbers = all.map(sessionNumber);
    expect(numbers.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(numbers);
    expect(new Set(numbers).size).toBe(all.length);
    expect(numbers.every((number) => BigInt.asIntN(64, number) === number)).toBe(true);
  });
});
