import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { utf8 } from "../core/bytes.ts";
import type { Catalog } from "../core/catalog.ts";
import { compilePolicy, type CompiledPolicy } from "../core/policy/compile.ts";
import type { ColumnPlan } from "../core/protocols/postgres/cells.ts";
import { planCopy, planResult } from "../core/protocols/postgres/describe.ts";
import { Analyses } from "../core/sql/cache.ts";
import { buildCatalog, CATALOG_QUERIES } from "../core/sql/catalog-queries.ts";
import { explainColumns, sayLeak, sayMask } from "../core/sql/explain.ts";
import type { SpareGrammar } from "../core/sql/grammar/instance.ts";
import { Names } from "../core/sql/names.ts";
import type { Analysis, SessionEffect, Statement } from "../core/sql/statement.ts";
import { summaryOf, trialCommand } from "../core/sql/summary.ts";
import { nodeCrypto } from "../durable-objects/crypto.ts";
import { loadGrammar } from "../test/support/grammar.ts";
import { sampleSpec } from "../test/support/values.ts";
import type { Rows } from "./answer.ts";
import { runAll } from "./pair.ts";

const demoPolicy = join(import.meta.dirname, "../demo/sluice.yaml");

/** `leak`: for masked values, or because it could not be read; `policy`: for any other rule. */
export type Refusal = { readonly by: "leak" | "policy"; readonly why: string };

/** What the gate makes of one text, by its own code. */
export type Reading = {
  readonly analysis: Analysis;
  readonly refusal: Refusal | null;
  /** It reads or writes a table that has masked columns. */
  readonly nearMasked: boolean;
};

/** What becomes of one column of a result, in words; null: it passes as it is. */
export type Masked = string | null;

/** Ada under the demo's policy, one session after another. */
export class Gate {
  readonly #catalog: Catalog;
  readonly #policy: CompiledPolicy;
  #grammar: SpareGrammar;
  #names: Names;

  private constructor(catalog: Catalog, grammar: SpareGrammar) {
    this.#catalog = catalog;
    this.#grammar = grammar;
    this.#names = new Names(catalog);
    const spec = sampleSpec();
    this.#policy = compilePolicy({
      policy: readFileSync(demoPolicy, "utf8"),
      version: "pol_1",
      principal: spec.principal,
      resource: spec.resource,
      session: spec,
      keys: { mask: () => new Uint8Array(32) },
      crypto: nodeCrypto,
    });
  }

  static async open(port: number): Promise<Gate> {
    const rows = await runAll(port, CATALOG_QUERIES);
    const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
    return new Gate(buildCatalog(rows, digest), await loadGrammar());
  }

  newSession(): void {
    this.#names = new Names(this.#catalog);
  }

  async read(sql: string): Promise<Reading> {
    if (this.#grammar.needsSpare) this.#grammar = await loadGrammar();
    const { masker } = this.#policy;
    const analysis = new Analyses(this.#grammar).analyse(utf8(sql), this.#names, masker);
    const summary = summaryOf(analysis);
    const masked = this.#catalog.relations.filter((relation) =>
      relation.columns.some(({ name }) => this.#isMasked(relation.schema, relation.name, name)),
    );
    return {
      analysis,
      refusal: this.#refusal(sql, analysis),
      nearMasked: masked.some(({ schema, name }) => summary.objects.includes(`${schema}.${name}`)),
    };
  }

  #refusal(sql: string, analysis: Analysis): Refusal | null {
    const { masker } = this.#policy;
    const decision = this.#policy.decide(trialCommand(sql, analysis), 1_000);
    if (decision.verdict === "allow") return null;
    if (analysis.unknown !== null) return { by: "leak", why: `not read: ${analysis.unknown}` };
    const leaks = analysis.statements.flatMap((statement) => statement.leaks);
    const said = new Set(leaks.map((leak) => sayLeak(leak, masker)));
    if (said.size > 0) return { by: "leak", why: [...said].join(" ") };
    return { by: "policy", why: decision.message };
  }

  /** Column by column of the n-th result, as the engine plans it. */
  masks(sql: string, { statements, unknown }: Analysis, n: number, rows: Rows): readonly Masked[] {
    const { masker } = this.#policy;
    const answering = statements.filter(({ outputs }) => outputs === null || outputs.length > 0);
    const statement = answering[n] ?? null;
    const explained = explainColumns(
      utf8(sql),
      { statements: statement === null ? [] : [statement], unknown },
      this.#grammar,
      masker,
    );
    return this.#plan(statement, rows).map(({ mask }, i): Masked => {
      if (mask === null) return null;
      const column = explained[i];
      const code = statement?.functions.filter((name) => !this.#names.pure(name.split(".")));
      const hint = code === undefined || code.length === 0 ? "" : ` (calls ${code.join(", ")})`;
      return `${column === undefined ? "of no known origin" : sayMask(column, false)}${hint}`;
    });
  }

  #plan(statement: Statement | null, { fields, rows }: Rows): readonly Pick<ColumnPlan, "mask">[] {
    const { masker } = this.#policy;
    if (statement?.copy) return planCopy(statement, rows[0]?.length ?? 0, 0, () => 0, masker);
    const plan = planResult(fields, [], statement, this.#names, masker, true);
    return "columns" in plan ? plan.columns : [];
  }

  /** What later statements of the session depend on, where it ends with the transaction. */
  kept({ statements }: Analysis): readonly SessionEffect[] {
    const effects = statements.flatMap((statement) => statement.effects);
    return effects.every(lasting) ? effects : [];
  }

  keep(effects: readonly SessionEffect[]): void {
    this.#names.apply(effects);
  }

  /** Reads back what a statement has written, but for masked columns. */
  written({ statements }: Analysis): readonly string[] {
    const names = new Set(statements.flatMap(({ writes }) => writes));
    return this.#catalog.relations
      .filter(({ schema, name, kind }) => kind === "r" && names.has(`${schema}.${name}`))
      .map(({ schema, name, columns }) => {
        const open = columns.filter((column) => !this.#isMasked(schema, name, column.name));
        const list = open.map((column) => `"${column.name}"`).join(", ");
        return `SELECT ${list} FROM "${schema}"."${name}" ORDER BY ${list}`;
      });
  }

  #isMasked(schema: string, table: string, column: string): boolean {
    return this.#policy.masker.source({ schema, table, column }) !== null;
  }
}

const lasting = (effect: SessionEffect): boolean =>
  ["prepare", "deallocate", "declare", "closeCursor", "searchPath"].includes(effect.do) ||
  (effect.do === "createTable" && effect.temporary);
