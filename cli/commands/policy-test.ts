import type { Catalog } from "../../core/catalog.ts";
import { type Case, differences, parseCases } from "../../core/policy/cases.ts";
import { checkDocument } from "../../core/policy/check.ts";
import { isDocument } from "../../core/policy/document.ts";
import type { Document } from "../../core/policy/schema.ts";
import { type Context, list, say } from "../context.ts";
import { EXIT, invalidCases, invalidPolicy, usage } from "../failure.ts";
import { visible } from "../output/visible.ts";
import { type Rehearsed, rehearsing, type Scene } from "../rehearsal.ts";
import { readCatalog } from "./catalog-file.ts";
import { readText } from "./files.ts";

export type TestOptions = { readonly policy: string; readonly catalog: readonly string[] };

const titleCharactersMax = 60;

/**
 * Runs each case through the gateway's own code, on this machine. Exit code 1 when one fails, 2
 * when a file cannot be read as what it should be.
 */
export async function testPolicy(
  context: Context,
  file: string,
  { policy, catalog: saved }: TestOptions,
): Promise<void> {
  const parsed = checkDocument(await readText(policy));
  if (!isDocument(parsed)) throw invalidPolicy(policy, parsed, EXIT.usage);
  const { document } = parsed;
  const read = parseCases(await readText(file), document);
  if (!("cases" in read)) throw invalidCases(file, read);
  const catalogs = await catalogsOf(saved, document);
  const rehearse = await rehearsing();
  const results: Result[] = [];
  const now = Date.now();
  for (const one of read.cases) {
    const rehearsed = await rehearse(sceneOf(one, document, catalogs.get(one.on) ?? null, now));
    results.push(resultOf(one, rehearsed, results.length + 1));
  }
  const bare = new Set(read.cases.map(({ on }) => on).filter((on) => !catalogs.has(on)));
  for (const name of bare) say(context, `${name} is read without a catalog (--catalog FILE)`);
  list(context, results, () => `${results.map(lineOf).join("")}${countOf(results)}\n`);
  if (results.some(({ passed }) => !passed)) context.exitCode = EXIT.refused;
}

async function catalogsOf(
  files: readonly string[],
  { resources }: Document,
): Promise<ReadonlyMap<string, Catalog>> {
  const catalogs = new Map<string, Catalog>();
  for (const file of files) {
    const { resource, catalog } = await readCatalog(file);
    if (!resources.some(({ name }) => name === resource)) {
      throw usage(`${file} is the catalog of ${resource}, which the policy does not name.`);
    }
    if (catalogs.has(resource)) throw usage(`${file} is a second catalog of ${resource}.`);
    catalogs.set(resource, catalog);
  }
  return catalogs;
}

function sceneOf(one: Case, document: Document, catalog: Catalog | null, now: number): Scene {
  const resource = document.resources.find(({ name }) => name === one.on);
  if (resource === undefined) throw new Error("the cases were read for another document");
  return {
    document,
    principal: { id: one.as, name: one.as, groups: one.groups, kind: "person" },
    resource,
    catalog,
    sql: one.sql,
    now: one.at === undefined ? now : Date.parse(one.at),
    reason: one.reason ?? null,
    ticket: one.ticket ?? null,
  };
}

function resultOf(one: Case, { decision, columns, leaks, masker }: Rehearsed, number: number) {
  const shown = columns.map(({ name, mask }) => ({ name, rule: mask?.rule ?? null }));
  const found = differences(one.expect, { decision, columns: shown });
  const passed = found.length === 0;
  const why = decision.verdict === "block" && masker.hidesColumns ? leaks : [];
  return {
    id: number,
    name: one.name ?? cut(one.sql.replace(/\s+/g, " ").trim()),
    line: one.line,
    passed,
    as: one.as,
    on: one.on,
    verdict: decision.verdict,
    rules: decision.rules,
    columns: shown,
    differences: passed ? [] : [...found, ...why],
  };
}

type Result = ReturnType<typeof resultOf>;

const lineOf = ({ passed, line, as, on, name, differences: found }: Result): string =>
  [
    `${passed ? "ok  " : "FAIL"} line ${line}: ${as} on ${on}: ${name}`,
    ...found.map((difference) => `       ${difference}`),
  ]
    .map((text) => `${visible(text)}\n`)
    .join("");

const countOf = (results: readonly Result[]): string => {
  const passed = results.filter((result) => result.passed).length;
  return `${passed} passed, ${results.length - passed} failed`;
};

function cut(sql: string): string {
  const characters = [...sql];
  if (characters.length <= titleCharactersMax) return sql;
  return `${characters.slice(0, titleCharactersMax - 1).join("")}…`;
}
