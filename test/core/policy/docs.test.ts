import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ACCESS, OPERATIONS } from "../../../core/command.ts";
import { DETECTOR_KINDS } from "../../../core/masking/kinds.ts";
import { caseSchema, expectSchema } from "../../../core/policy/cases.ts";
import { CONTEXT } from "../../../core/policy/context.ts";
import { checkDocument } from "../../../core/policy/check.ts";
import { isDocument } from "../../../core/policy/document.ts";
import { credentialKeys } from "../../../core/policy/http-resource.ts";
import { requestSchema } from "../../../core/policy/request-case.ts";
import {
  budgetSchema,
  grantSchema,
  guardrailSchema,
  maskingSchema,
  recordingSchema,
  httpSchema,
  postgresSchema,
} from "../../../core/policy/schema.ts";

const path = `${import.meta.dirname}/../../../docs/policy.md`;

type Shape = Readonly<Record<string, { description?: string | undefined }>>;

const row = (name: string, ...cells: string[]) => `| ${[`\`${name}\``, ...cells].join(" | ")} |`;

const keys = (schema: { shape: Shape }) =>
  Object.entries(schema.shape).map(([key, { description }]) => row(key, description ?? "?"));

const table = (head: string, rows: readonly string[]) => ["", head, "|---|---|", ...rows, ""];
const keyTable = (schema: { shape: Shape }) => table("| key | meaning |", keys(schema));

const operations = Object.entries(OPERATIONS);

const tables: Record<string, readonly string[]> = {
  access: table(
    "| access | operations |",
    ACCESS.map((access) =>
      row(
        access,
        operations.flatMap(([name, needs]) => (needs === access ? [name] : [])).join(", "),
      ),
    ),
  ),
  resources: keyTable(postgresSchema),
  http: keyTable(httpSchema),
  credential: keyTable(credentialKeys),
  grants: keyTable(grantSchema),
  guardrails: keyTable(guardrailSchema),
  masking: keyTable(maskingSchema),
  budgets: keyTable(budgetSchema),
  cases: keyTable(caseSchema),
  request: keyTable(requestSchema),
  expect: keyTable(expectSchema),
  recording: keyTable(recordingSchema),
  context: table(
    "| name | type |",
    Object.entries(CONTEXT).flatMap(([object, fields]) =>
      Object.entries(fields).map(([field, type]) => row(`${object}.${field}`, type)),
    ),
  ),
  detectors: [`${DETECTOR_KINDS.map((kind) => `\`${kind}\``).join(", ")}.`],
};

/** UPDATE_DOCS=1 writes the tables anew. */
test("docs/policy.md prints what the schema says", () => {
  const written = readFileSync(path, "utf8");
  const right = Object.entries(tables).reduce(
    (page, [name, lines]) =>
      page.replace(
        new RegExp(`<!-- ${name} -->\n[^]*?<!-- end -->`),
        () => `<!-- ${name} -->\n${lines.join("\n")}\n<!-- end -->`,
      ),
    written,
  );
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(path, right);
  expect(written).toBe(right);
  expect(right).not.toContain("| ? |");
});

test("its example is a document that would be applied", () => {
  const page = readFileSync(path, "utf8");
  const example = /```yaml\n([^]*?)```/.exec(page)?.[1] ?? "";
  const parsed = checkDocument(example);
  expect(isDocument(parsed) ? [] : parsed.map(({ message }) => message)).toEqual([]);
});
