import type { Catalog } from "../../core/catalog.ts";
import { parseCases } from "../../core/policy/cases.ts";
import { checkDocument } from "../../core/policy/check.ts";
import { isDocument } from "../../core/policy/document.ts";
import type { Document } from "../../core/policy/schema.ts";
import { type CaseResult, resultOf, sceneOf } from "../../core/rehearsal/cases.ts";
import type { Judged } from "../../core/rehearsal/judged.ts";
import { type Context, list, say } from "../context.ts";
import { EXIT, invalidCases, invalidPolicy, usage } from "../failure.ts";
import { visible } from "../output/visible.ts";
import { judge } from "../rehearsal.ts";
import { readCatalog } from "./catalog-file.ts";
import { readText } from "./files.ts";

export type TestOptions = { readonly policy: string; readonly catalog: readonly string[] };

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
  const now = Date.now();
  const scenes = read.cases.map((one) => ({
    scene: sceneOf(one, document, now),
    catalog: catalogs.get(one.on) ?? null,
  }));
  const judged = await judge(scenes);
  const results = read.cases.map((one, i) => resultOf(one, judged[i] as Judged, i + 1));
  const statements = read.cases.filter(({ sql }) => sql !== undefined);
  const bare = new Set(statements.map(({ on }) => on).filter((on) => !catalogs.has(on)));
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

const lineOf = ({ passed, line, as, on, name, differences: found }: CaseResult): string =>
  [
    `${passed ? "ok  " : "FAIL"} line ${line}: ${as} on ${on}: ${name}`,
    ...found.map((difference) => `       ${difference}`),
  ]
    .map((text) => `${visible(text)}\n`)
    .join("");

const countOf = (results: readonly CaseResult[]): string => {
  const passed = results.filter((result) => result.passed).length;
  return `${passed} passed, ${results.length - passed} failed`;
};
