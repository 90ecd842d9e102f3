import { describe, expect, it } from "vitest";
import type { Masker, SourceColumn } from "../../../../core/masker.ts";
import { planResult } from "../../../../core/protocols/postgres/describe.ts";
import type { RowField } from "../../../../core/protocols/postgres/messages.ts";
import { Names } from "../../../../core/sql/names.ts";
import type { Output, Statement } from "../../../../core/sql/statement.ts";
import { SHOP } from "../../sql/shop.ts";
import { finder, mask } from "./masks.ts";

/* Two judges, each alone: a column is clear only where neither taints it. */

const USERS = 20_001;
const [ID, SSN] = [1, 4];
const masker: Masker = {
  ...finder,
  source: ({ table, column }) => (table === "users" && column === "ssn" ? mask("partial") : null),
};

const field = (tableOid: number, attribute: number): RowField => ({
  name: "n",
  tableOid,
  attribute,
  type: 25,
  typeSize: -1,
  typeModifier: -1,
  format: 0,
});

const users = (column: string): SourceColumn => ({ schema: "public", table: "users", column });
const from = (column: string, more: Partial<Output> = {}): Output => ({
  name: "n",
  sources: [users(column)],
  exact: true,
  opaque: false,
  ...more,
});

function techniqueFor(one: RowField, outputs: readonly Output[]): string | null {
  const statement = { outputs } as unknown as Statement;
  const plan = planResult([one], [], statement, new Names(SHOP), masker, true);
  if ("unknown" in plan) throw new Error(plan.unknown);
  return plan.columns[0]?.mask?.technique ?? null;
}

describe("a result's column", () => {
  it.each<readonly [string, RowField, readonly Output[], string | null]>([
    ["is clear where both judges say so", field(USERS, ID), [from("id")], null],
    ["is masked by its own rule where both name it", field(USERS, SSN), [from("ssn")], "partial"],
    [
      "is masked where only the server's numbers name it",
      field(USERS, SSN),
      [from("id")],
      "partial",
    ],
    [
      "is masked where only the text's lineage names it",
      field(USERS, ID),
      [from("ssn")],
      "partial",
    ],
    [
      "shows nothing where it is made from a masked one",
      field(0, 0),
      [from("ssn", { exact: false })],
      "redact",
    ],
    [
      "shows nothing where it could hold anything",
      field(0, 0),
      [from("id", { opaque: true })],
      "redact",
    ],
    ["shows nothing where the counts of columns differ", field(USERS, ID), [], "redact"],
    ["shows nothing where nobody knows its table", field(99_999, 1), [from("id")], "redact"],
  ])("%s", (_, one, outputs, technique) => {
    expect(techniqueFor(one, outputs)).toBe(technique);
  });
});
