import { expect, it } from "vitest";
import type { Masker } from "../../../../core/masker.ts";
import { fromOwnPage } from "../../../../core/protocols/http/own-page.ts";

const own = { origin: "https://pages.apis.example", secure: true };
const URL = "https://billing.internal:8443/v2";
const given = [
  ["origin", own.origin],
  ["referer", `${own.origin}/a?ssn=078-05-1120&b=1`],
  ["x-from", own.origin],
] as const;

it("names the service where the browser names the service's own host", () => {
  expect(fromOwnPage(given, own, URL, null)).toEqual([
    ["origin", "https://billing.internal:8443"],
    ["referer", "https://billing.internal:8443/v2/a?ssn=078-05-1120&b=1"],
  ]);
  expect(fromOwnPage(given, null, URL, null)).toEqual([]);
});

it("masks in a page's address what is masked in a request's", () => {
  const header = (name: string, text: string) => {
    const shown = name === "ssn" ? "redacted" : text;
    return { text: shown, rule: null, findings: [] };
  };
  const rules = { header, body: () => "pass" } satisfies NonNullable<Masker["sent"]>;
  expect(fromOwnPage(given, own, URL, rules)[1]).toEqual([
    "referer",
    "https://billing.internal:8443/v2/a?ssn=redacted&b=1",
  ]);
});
