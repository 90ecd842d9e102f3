import { describe, expect, test } from "vitest";
import { bytes, everything, maskerOf, shown } from "./given.ts";

/** Text, and what it looks like afterwards; a lone text must pass untouched. */
const cases: Record<string, readonly (readonly [string, string] | readonly [string])[]> = {
  credit_card: [
    ["4111111111111111", "[redacted:credit_card]"],
    ["pay 4111 1111 1111 1111.", "pay [redacted:credit_card]."],
    ["4111-1111-1111-1111", "[redacted:credit_card]"],
    ["378282246310005", "[redacted:credit_card]"],
    ["3782 822463 10005", "[redacted:credit_card]"],
    ["5555555555554444", "[redacted:credit_card]"],
    ["6011111111111117", "[redacted:credit_card]"],
    ["30569309025904", "[redacted:credit_card]"],
    ["3530111333300000", "[redacted:credit_card]"],
    ["no 12 4111 1111 1111 1111 34", "no 12 [redacted:credit_card] 34"],
    ['{"pan":4111111111111111}', '{"pan":[redacted:credit_card]}'],
    ["４１１１１１１１１１１１１１１１", "[redacted:credit_card]"],
    ["4111\u200b1111\u200b1111\u200b1111", "[redacted:credit_card]"],
    ["4111\u200b \ufeff1111 1111\u200b\u200b 1111", "[redacted:credit_card]"],
    ["4111\u00a01111\u00a01111\u00a01111", "[redacted:credit_card]"],
    ["4111111111111112"],
    ["1111111111111117"],
    ["4111-1111 1111-1111"],
    ["4111.1111.1111.1111"],
    ["41111111111111114111111111111111"],
    ["a4111111111111111"],
    ["8f14e45f-ceea-467f-9575-2f7a2b1c0d3e"],
    ["2026-11-25 02:23:07.123456+00"],
  ],
  us_ssn: [
    ["123-45-6789", "[redacted:us_ssn]"],
    ["123 45 6789", "[redacted:us_ssn]"],
    ["１２３-４５-６７８９", "[redacted:us_ssn]"],
    ["123\u201145\u20116789", "[redacted:us_ssn]"],
    ["000-45-6789"],
    ["666-45-6789"],
    ["900-45-6789"],
    ["123-00-6789"],
    ["123-45-0000"],
    ["123-456-789"],
    ["123456789"],
    ["123-45-67890"],
  ],
  email: [
    ["ada@example.com", "[redacted:email]"],
    ["<ada.l+x@mail.example.co.uk>", "<[redacted:email]>"],
    ["to ada@example.com.", "to [redacted:email]."],
    ["jörg@müller.example", "[redacted:email]"],
    ["ada@localhost"],
    ["@example.com"],
    ["a @ b.com"],
    ["ada@1.2"],
  ],
  phone: [
    ["+41 44 668 18 00", "[redacted:phone]"],
    ["+14155552671", "[redacted:phone]"],
    ["(415) 555-2671", "[redacted:phone]"],
    ["call 415-555-2671 now", "call [redacted:phone] now"],
    ["415.555.2671", "[redacted:phone]"],
    ["+1234567"],
    ["+1234567890123456"],
    ["115-555-2671"],
    ["4155552671"],
    ["1+1"],
  ],
  iban: [
    ["GB82WEST12345698765432", "[redacted:iban]"],
    ["GB82 WEST 1234 5698 7654 32", "[redacted:iban]"],
    ["CH9300762011623852957", "[redacted:iban]"],
    ["GB82WEST12345698765433"],
    ["XX82WEST12345698765432"],
    ["GB82WEST123456987654321"],
  ],
  jwt: [
    ["Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc_-", "Bearer [redacted:jwt]"],
    ["eyJhbGciOiJIUzI1NiJ9"],
    ["eyJ.a.b"],
  ],
  private_key: [
    [
      "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\nx",
      "[redacted:private_key]\nx",
    ],
    ["a -----BEGIN RSA PRIVATE KEY-----\nMII", "a [redacted:private_key]"],
    ["-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----"],
    ["-----BEGIN PUBLIC KEY-----\nMII=\n-----END PUBLIC KEY-----"],
  ],
  keys: [
    ["AKIAIOSFODNN7EXAMPLE", "[redacted:aws_access_key]"],
    [`ghp_${"a1".repeat(18)}`, "[redacted:github_token]"],
    [`glpat-${"a1".repeat(10)}`, "[redacted:gitlab_token]"],
    [`sk_live_${"a1".repeat(12)}`, "[redacted:stripe_key]"],
    [`xoxb-${"12".repeat(12)}`, "[redacted:slack_token]"],
    [`AIza${"a1".repeat(18)}`, "[redacted:google_api_key]"],
    [`npm_${"a1".repeat(18)}`, "[redacted:npm_token]"],
    [`SG.${"a1".repeat(11)}.${"b2".repeat(20)}`, "[redacted:sendgrid_key]"],
    [`sk-proj-${"a1".repeat(12)}`, "[redacted:ai_api_key]"],
    ["AKIA"],
    ["ghp_short"],
    ["risk-management-and-compliance-office"],
    ["XAKIAIOSFODNN7EXAMPLE"],
  ],
};

for (const [kind, rows] of Object.entries(cases)) {
  describe(kind, () => {
    test.each(rows.filter((row) => row.length === 2))("%j is found", (text, after) => {
      expect(shown(everything.scan(bytes(text), "note")?.bytes ?? null)).toBe(after);
    });
    test.each(rows.filter((row) => row.length === 1))("%j passes", (text) => {
      expect(everything.scan(bytes(text), "note")).toBeNull();
    });
  });
}

test("bare digits count where the column's name says what they are", () => {
  expect(everything.scan(bytes("123456789"), "ssn")?.findings).toEqual([
    { kind: "us_ssn", count: 1 },
  ]);
  expect(everything.scan(bytes("4155552671"), "phone")?.findings).toEqual([
    { kind: "phone", count: 1 },
  ]);
});

test("findings count and never quote", () => {
  const scanned = everything.scan(bytes("a@b.com, c@d.org, 123-45-6789"), "note");
  expect(scanned?.findings).toEqual([
    { kind: "email", count: 2 },
    { kind: "us_ssn", count: 1 },
  ]);
});

test("a detector that no rule names stays asleep", () => {
  const emails = maskerOf([{ id: "e", detect: ["email"] }]);
  expect(emails.scan(bytes("4111111111111111 123-45-6789"), "note")).toBeNull();
});

test("the rule's technique is applied to the finding alone", () => {
  const last = maskerOf([
    { id: "c", detect: ["credit_card"], technique: { partial: { last: 4 } } },
    { id: "e", detect: ["email"], technique: "tokenise" },
  ]);
  const after = shown(last.scan(bytes("4111111111111111 a@b.com"), "note")?.bytes ?? null);
  expect(after).toMatch(/^\*{12}1111 tok_[a-z2-7]{26}$/);
});

describe("users' patterns", () => {
  const mine = maskerOf([{ id: "mine", patterns: [{ id: "badge", regex: "é?BDG-[0-9]{4}" }] }]);
  test("hide what they match and are named after rule and pattern", () => {
    const scanned = mine.scan(bytes("ö BDG-1234 éBDG-9999"), "note");
    expect(shown(scanned?.bytes ?? null)).toBe("ö [redacted:mine.badge] [redacted:mine.badge]");
    expect(scanned?.findings).toEqual([{ kind: "mine.badge", count: 2 }]);
  });
  test("pass what they do not match", () => {
    expect(mine.scan(bytes("BDG-12"), "note")).toBeNull();
  });
  test("take patterns that ruin a backtracking engine", () => {
    const evil = maskerOf([{ id: "evil", patterns: [{ id: "x", regex: "(a+)+$" }] }]);
    expect(evil.scan(bytes(`${"a".repeat(50_000)}b`), "note")).toBeNull();
  });
  test.each(["(?=a)b", "(a)\\1", "(a{1000}){1000}", "a*"])("refuse %s", (regex) => {
    expect(() => maskerOf([{ id: "r", patterns: [{ id: "x", regex }] }])).toThrow();
  });
});
