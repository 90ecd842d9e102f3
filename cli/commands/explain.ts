import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { utf8 } from "../../core/bytes.ts";
import type { Command } from "../../core/command.ts";
import type { Crypto } from "../../core/crypto.ts";
import type { Masker } from "../../core/masker.ts";
import { checkDocument } from "../../core/policy/check.ts";
import { compilePolicy } from "../../core/policy/compile.ts";
import { isDocument } from "../../core/policy/document.ts";
import { explainAccess, explainDecision } from "../../core/policy/explain.ts";
import type { Document, ResourceRule } from "../../core/policy/schema.ts";
import type { Principal } from "../../core/session.ts";
import { analyse } from "../../core/sql/analyse.ts";
import { Names } from "../../core/sql/names.ts";
import type { Analysis, Output } from "../../core/sql/statement.ts";
import { summaryOf } from "../../core/sql/summary.ts";
import { type Context, gatewayOf, list } from "../context.ts";
import { invalidPolicy, refused, usage } from "../failure.ts";
import { loadGrammar } from "../grammar.ts";
import { table } from "../output/table.ts";
import { visible } from "../output/visible.ts";
import { readText } from "./files.ts";

export type ExplainOptions = {
  readonly as: string;
  readonly groups: readonly string[];
  readonly on?: string;
};

/** Answered on this machine, by the same code that the gateway decides with. */
export async function explain(
  context: Context,
  file: string | undefined,
  sql: string | undefined,
  { as, groups, on }: ExplainOptions,
): Promise<void> {
  if (sql !== undefined && on === undefined) throw usage("Which resource? Say --on NAME.");
  const document = await documentOf(context, file);
  const asked = document.resources.filter(({ name }) => on === undefined || name === on);
  const [first] = asked;
  if (first === undefined) throw refused("unknown", `The document names no such resource.`);
  const principal: Principal = { id: as, name: as, groups, kind: "person" };
  if (sql !== undefined) return explainStatement(context, document, principal, first, sql);
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

async function explainStatement(
  context: Context,
  document: Document,
  principal: Principal,
  rule: ResourceRule,
  sql: string,
): Promise<void> {
  const now = Date.now();
  const policy = compilePolicy({
    policy: document,
    version: "local",
    principal,
    resource: { ...rule, id: rule.name },
    session: { id: "", reason: null, ticket: null, openedAt: now },
    keys: { mask: (purpose) => nodeCrypto.sha256(utf8(purpose)) },
    crypto: nodeCrypto,
  });
  const { masker } = policy;
  const analysis = analyse(utf8(sql), await loadGrammar(), new Names(null), {
    isMasked: (column) => masker.source(column) !== null,
    asks: (column) => masker.asks(column),
    detects: (literal) => masker.detects && masker.scan(utf8(literal), "") !== null,
  });
  const command = commandOf(sql, analysis);
  const decision = policy.decide(command, now);
  const why = explainDecision(command, decision, document);
  const { operations, objects, unbounded, risks } = command;
  const columns = columnsOf(analysis, masker);
  const shown = { id: rule.name, why, verdict: decision.verdict, unread: analysis.unknown };
  list(context, [{ ...shown, operations, objects, unbounded, risks, columns, note: NOTE }], () =>
    [
      why,
      ...(analysis.unknown === null ? [] : [`Not understood: ${analysis.unknown}.`]),
      ...columns.map(({ name, from, mask }) => `  ${name}: from ${from}; ${mask}`),
      NOTE,
    ]
      .map((line) => `${visible(line)}\n`)
      .join(""),
  );
}

const commandOf = (text: string, analysis: Analysis): Command => ({
  id: 1,
  protocol: "postgres",
  text,
  parameters: [],
  overwrites: null,
  holdsLocks: false,
  ...summaryOf(analysis),
});

/** What the last statement would answer, column by column. */
function columnsOf(analysis: Analysis, masker: Masker) {
  const outputs = analysis.statements.at(-1)?.outputs ?? [];
  return outputs.map((output) => ({
    name: output.name,
    from: fromOf(output),
    mask: maskOf(output, masker),
  }));
}

function fromOf({ sources, opaque }: Output): string {
  const named = sources.map(({ schema, table, column }) => `${schema}.${table}.${column}`);
  return [...named, ...(opaque ? ["unknown origin"] : [])].join(", ") || "no column";
}

function maskOf({ name, sources, exact, opaque }: Output, masker: Masker): string {
  const [first] = sources;
  const own = exact && first !== undefined ? masker.source(first) : null;
  const found = own ?? masker.output(name);
  if (found !== null) return `masked by ${found.rule} (${found.technique})`;
  const [hidden] = sources.flatMap((source) => masker.source(source) ?? []);
  if (hidden !== undefined) return `masked whole by ${hidden.rule}`;
  if (opaque && masker.hidesColumns)
    return "masked whole, unless the catalog shows where it is from";
  return masker.detects ? "not masked, but its cells are searched" : "not masked";
}

/** The masker is asked which rule holds; no value is ever masked here. */
const nodeCrypto: Crypto = {
  sha256: (data) => createHash("sha256").update(data).digest(),
  hmacSha256: (key, data) => createHmac("sha256", key).update(data).digest(),
  pbkdf2: (password, salt, iterations) => pbkdf2Sync(password, salt, iterations, 32, "sha256"),
  md5: (data) => createHash("md5").update(data).digest(),
  random: (n) => randomBytes(n),
};
