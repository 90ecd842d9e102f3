import type { Catalog } from "../../core/catalog.ts";
import { checkDocument } from "../../core/policy/check.ts";
import { isDocument } from "../../core/policy/document.ts";
import { explainAccess, explainDecision } from "../../core/policy/explain.ts";
import { resourceOf } from "../../core/policy/resource.ts";
import type { Document, ResourceRule } from "../../core/policy/schema.ts";
import type { Stage } from "../../core/rehearsal/stage.ts";
import type { Principal } from "../../core/session.ts";
import { columnTree, type ExplainedColumn, sayMask } from "../../core/sql/explain.ts";
import { type Context, gatewayOf, list } from "../context.ts";
import { invalidPolicy, refused, usage } from "../failure.ts";
import { table } from "../output/table.ts";
import { visible } from "../output/visible.ts";
import { rehearse } from "../rehearsal.ts";
import { readCatalog } from "./catalog-file.ts";
import { explainRequest, type RequestOptions } from "./explain-request.ts";
import { readText } from "./files.ts";

export type ExplainOptions = {
  readonly as: string;
  readonly groups: readonly string[];
  readonly on?: string;
  readonly catalog?: string;
} & RequestOptions;

/** Answered on this machine, by the same code that the gateway decides with. */
export async function explain(
  context: Context,
  file: string | undefined,
  text: string | undefined,
  options: ExplainOptions,
): Promise<void> {
  const { as, groups, on, catalog: saved } = options;
  if (text !== undefined && on === undefined) throw usage("Which resource? Say --on NAME.");
  const document = await documentOf(context, file);
  const asked = document.resources.filter(({ name }) => on === undefined || name === on);
  const [first] = asked;
  if (first === undefined) throw refused("unknown", `The document names no such resource.`);
  requireFitting(text === undefined ? null : first.type, options);
  const principal: Principal = { id: as, name: as, groups, kind: "person" };
  if (text !== undefined) {
    const session = { id: "", reason: null, ticket: null, openedAt: Date.now() };
    const stage = { document, principal, session };
    const resource = resourceOf(first, first.name);
    if (resource.type === "http") return explainRequest(context, stage, resource, text, options);
    const catalog = saved === undefined ? null : await catalogFor(first.name, saved);
    return explainStatement(context, { ...stage, resource: first, catalog }, text);
  }
  const answers = asked.map((one) => ({
    id: one.name,
    why: explainAccess(document, principal, one),
  }));
  list(context, answers, () =>
    table(
      ["resource", "why"],
      answers.map(({ id, why }) => [id, why]),
    ),
  );
}

/** `of`: what a text is for; null: there is none. */
function requireFitting(
  of: ResourceRule["type"] | null,
  { catalog, header, body }: ExplainOptions,
): void {
  if (of !== "postgres" && catalog !== undefined) throw usage("A catalog is for a statement.");
  if (of !== "http" && (header.length > 0 || body !== undefined)) {
    throw usage("--header and --body are for a request to a service.");
  }
}

async function catalogFor(resource: string, file: string): Promise<Catalog> {
  const saved = await readCatalog(file);
  if (saved.resource === resource) return saved.catalog;
  throw usage(`${file} is the catalog of ${saved.resource}, not of ${resource}.`);
}

async function documentOf(context: Context, file: string | undefined): Promise<Document> {
  const source =
    file === undefined
      ? (await (await gatewayOf(context)).call("policy")).source
      : await readText(file);
  const parsed = checkDocument(source);
  if (!isDocument(parsed)) throw invalidPolicy(file ?? "the policy", parsed);
  return parsed.document;
}

/** What the gateway knows besides, once it has read the target's catalog. */
const NOTE =
  "Read without the target's catalog: names are as written, every function counts as one that " +
  "may write, and what views and * hold is not known. A column of unknown origin is masked whole.";

async function explainStatement(context: Context, stage: Stage, sql: string): Promise<void> {
  const now = stage.session.openedAt;
  const { command, decision, masker, ...read } = await rehearse(stage, sql, now);
  const { operations, objects, unbounded, risks } = command;
  const why = explainDecision(command, decision, stage.document);
  const known = stage.catalog !== null;
  const columns = read.columns.map((column) => shownColumn(column, masker.detects, known));
  const shown = { id: stage.resource.name, why, verdict: decision.verdict, unread: read.unread };
  const leaks = masker.hidesColumns ? read.leaks : [];
  const notes = known ? missing(read.unresolved) : [NOTE];
  const more = { columns, leaks, note: notes.join(" ") };
  list(context, [{ ...shown, operations, objects, unbounded, risks, ...more }], () =>
    [
      why,
      ...(read.unread === null ? [] : [`Not understood: ${read.unread}.`]),
      ...leaks.map((leak) => `  ${leak}`),
      ...columns.flatMap(({ tree }) => tree.map((line, i) => `${i === 0 ? "  " : "    "}${line}`)),
      ...notes,
    ]
      .map((line) => `${visible(line)}\n`)
      .join(""),
  );
}

const missing = (names: readonly string[]): string[] =>
  names.length === 0 ? [] : [`The saved catalog does not have: ${names.join(", ")}.`];

function shownColumn(column: ExplainedColumn, detects: boolean, known: boolean) {
  const { name, expression, sources, opaque, mask, how } = column;
  const from = [...sources.map((source) => source.column), ...(opaque ? ["unknown origin"] : [])];
  return {
    name,
    expression,
    from: from.join(", ") || "no column",
    mask:
      how === "opaque" && !known
        ? "masked whole, unless the catalog shows where it is from"
        : sayMask(column, detects),
    rule: mask?.rule ?? null,
    how,
    tree: columnTree(column, detects),
  };
}
