import { describe, expect, test } from "vitest";
import { parseColumnPattern } from "../../../core/masking/columns.ts";
import { bytes, maskerOf, shown } from "./given.ts";

const column = (path: string) => {
  const [schema, table, name] = path.split("/") as [string, string, string];
  return { schema, table, column: name };
};

test.each([
  ["*.ssn", "hr/employees/ssn", true],
  ["*.SSN", "hr/employees/ssn", true],
  ["*.ssn", "hr/employees/SSN", true],
  ["*.ssn", "hr/employees/ssn2", false],
  ["customers.email", "public/customers/email", true],
  ["customers.email", "archive/customers/email", true],
  ["customers.email", "public/suppliers/email", false],
  ["public.customers.email", "public/customers/email", true],
  ["public.customers.email", "archive/customers/email", false],
  ["customers.*", "public/customers/anything", true],
  ["hr.*.*", "hr/pay/amount", true],
  ['customers."Email"', "public/customers/Email", true],
  ['customers."Email"', "public/customers/email", false],
  ['"a.b".c', "public/a.b/c", true],
])("%s and %s: %s", (pattern, path, named) => {
  const mask = maskerOf([{ id: "r", columns: [pattern] }]).source(column(path));
  expect(mask !== null).toBe(named);
});

test.each(["ssn", "a.b.c.d", "", "a..b", "a b.c", '"a.b', "a*.b"])(
  "%j is no pattern",
  (pattern) => {
    expect(parseColumnPattern(pattern)).toBeNull();
  },
);

test("an output column is masked by name only under patterns of any table", () => {
  const masker = maskerOf([{ id: "r", columns: ["*.ssn", "customers.email"] }]);
  expect(masker.output("SSN")?.rule).toBe("r");
  expect(masker.output("email")).toBeNull();
});

test("of several rules the one that shows least stands", () => {
  const partly = { id: "a", columns: ["*.ssn"], technique: { partial: { last: 4 } } };
  const hashed = { id: "b", columns: ["*.ssn"], technique: "hash" };
  const hidden = { id: "c", columns: ["*.ssn"], technique: "redact" };
  const ssn = column("hr/employees/ssn");
  expect(maskerOf([partly, hashed]).source(ssn)?.rule).toBe("b");
  expect(maskerOf([partly, hashed, hidden]).source(ssn)?.rule).toBe("c");
});

test("exceptions and other resources leave a rule out", () => {
  const rule = { id: "r", columns: ["*.ssn"], except: ["fraud"] };
  expect(maskerOf([rule], ["fraud"]).idle).toBe(true);
  expect(maskerOf([{ ...rule, resources: ["billing-db"] }]).idle).toBe(true);
  expect(maskerOf([rule], ["engineers"])).toMatchObject({ idle: false, hidesColumns: true });
});

describe("techniques", () => {
  const apply = (technique: unknown, value: string, id = "r") =>
    shown(
      maskerOf([{ id, columns: ["*.c"], technique }])
        .source(column("s/t/c"))
        ?.text(bytes(value)) ?? null,
    );
  test.each([
    ["redact", "4111", "[redacted]"],
    ["null", "4111", null],
    [{ partial: { last: 4 } }, "4111111111111111", "************1111"],
    [{ partial: { first: 2, last: 2 } }, "abcdefgh", "ab****gh"],
    [{ partial: { last: 4 } }, "1234", "**34"],
    [{ partial: { first: 4, last: 4 } }, "12345678", "****5678"],
    [{ partial: { last: 4 } }, "1", "*"],
    [{ partial: { first: 1 } }, "äöü", "ä**"],
    [{ partial: { last: 2 } }, "", ""],
  ])("%j of %j is %j", (technique, value, after) => {
    expect(apply(technique, value)).toBe(after);
  });
  test("hash and tokenise keep equality under one rule, and nothing across rules", () => {
    expect(apply("hash", "x")).toMatch(/^[0-9a-f]{32}$/);
    expect(apply("hash", "x")).toBe(apply("hash", "x"));
    expect(apply("hash", "x")).not.toBe(apply("hash", "y"));
    expect(apply("hash", "x")).not.toBe(apply("hash", "x", "other"));
    expect(apply("tokenise", "x")).toMatch(/^tok_[a-z2-7]{26}$/);
  });
  test("of a derived value nothing shows", () => {
    const masker = maskerOf([
      { id: "p", columns: ["*.c"], technique: { partial: { last: 4 } } },
      { id: "n", columns: ["*.d"], technique: "null" },
    ]);
    expect(shown(masker.whole("p").text(bytes("12345678")))).toBe("[redacted]");
    expect(masker.whole("n").text(bytes("12345678"))).toBeNull();
  });
});
