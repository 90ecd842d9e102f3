import fc from "fast-check";
import { expect, test } from "vitest";
import { bytes, everything, shown } from "./given.ts";

const CANARIES = [
  "4111111111111111",
  "123-45-6789",
  "canary@example.com",
  "GB82WEST12345698765432",
  "AKIAIOSFODNN7EXAMPLE",
  "+14155552671",
] as const;

const noise = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 80 }),
  fc.constantFrom("12 34", "eyJ", "@@@", "-----BEGIN ", "sk-", "1 2 3", "+(", "２０２６", "\u200b"),
);

test("any bytes: no throw, and a clean cell is null", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.string(), (cell, column) => {
      const scanned = everything.scan(cell, column);
      if (scanned !== null) expect(scanned.findings.length).toBeGreaterThan(0);
      const window = cell.slice();
      everything.scanInPlace(window, column);
      expect(window.length).toBe(cell.length);
    }),
    { numRuns: 2_000 },
  );
});

test("a canary between any texts never comes through", () => {
  fc.assert(
    fc.property(noise, fc.constantFrom(...CANARIES), noise, (before, canary, after) => {
      const scanned = everything.scan(bytes(`${before}\n${canary}\n${after}`), "note");
      expect(shown(scanned?.bytes ?? null)).not.toBeNull();
      expect(shown(scanned?.bytes ?? null)).not.toContain(canary);
    }),
    { numRuns: 2_000 },
  );
});

/**
 * Scans a value as a stream does: windows of `size`, each repeating the last `longestPattern`
 * bytes.
 */
function inWindows(value: Uint8Array, size: number): Uint8Array {
  const overlap = everything.longestPattern;
  const out = value.slice();
  for (let start = 0; start < out.length; start += size) {
    const from = Math.max(0, start - overlap);
    everything.scanInPlace(out.subarray(from, Math.min(out.length, start + size)), "note");
  }
  return out;
}

test("windows that overlap by longestPattern find a canary wherever the cut falls", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...CANARIES),
      fc.integer({ min: 0, max: 9_000 }),
      fc.integer({ min: 1, max: 4_000 }),
      (canary, at, size) => {
        const value = bytes(`${"lorem ipsum ".repeat(800).slice(0, at)}\n${canary}\nend`);
        const out = shown(inWindows(value, size)) as string;
        expect(out).not.toContain(canary);
        expect(out.length).toBe(shown(value)?.length);
        expect(out.endsWith("\nend")).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});

test.each([
  ["a token", `eyJhbGciOiJIUzI1NiJ9.${"Qm9k".repeat(5_000)}.c2ln`],
  ["a key", `-----BEGIN PRIVATE KEY-----\n${"MIIEvQIB\n".repeat(2_000)}-----END PRIVATE KEY-----`],
])("%s longer than a window is masked to its end", (_name, secret) => {
  const out = shown(inWindows(bytes(`x ${secret} y`), 4_096)) as string;
  expect(out).toMatch(/^x [*#]+ y$/);
  expect(out.length).toBe(secret.length + 4);
});

test.each(["1\u200b", "\u200b", "@", "a@", "-eyJ", "1 ", "+1(", "-----BEGIN ", "sk-", "GB82 "])(
  "a megabyte of %j is scanned in steps that grow with its length alone",
  (unit) => {
    const cell = bytes(unit.repeat(Math.ceil(1_000_000 / unit.length)));
    expect(() => everything.scan(cell, "note")).not.toThrow();
  },
);
