import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sent } from "./answer.ts";
import { Gate } from "./gate.ts";
import { FATES, type Fate, Judge, type Outcome } from "./judge.ts";
import { type ShopPair, startPair } from "./pair.ts";
import { Table } from "./sheet.ts";

const folder = join(import.meta.dirname, "corpus");

type Case = { readonly tool: string; readonly sent: Sent };

/** What becomes of most statements, and says nothing of what could be better. */
const COMMON: readonly Fate[] = ["pass", "masked with need"];

/**
 * Statements of real tools (bench/corpus): which of them are masked or refused without need. Two
 * databases that differ in masked values alone are the judge of what is needed.
 */
export class CorpusBench {
  readonly outcomes = new Table({
    title: "Statements of real tools, by what becomes of them",
    columns: ["statements", ...FATES],
    digits: 0,
  });
  readonly shares = new Table({
    title: "Masked or refused without need, %",
    columns: ["of all", "of those near masked columns"],
    digits: 1,
  });
  readonly #lists = new Map<Fate, string[]>();
  readonly tables = [this.outcomes, this.shares, { text: () => this.#listed() }];
  #done = false;

  /** No gateway is needed, so one run is enough. */
  async run(): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    const home = mkdtempSync(join(tmpdir(), "sluice-corpus-"));
    // PostgreSQL does not run as root, and passes through.
    chmodSync(home, 0o711);
    try {
      const pair = await startPair(home);
      try {
        await this.#measure(pair);
      } finally {
        await pair.stop();
      }
    } finally {
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  async #measure(pair: ShopPair): Promise<void> {
    const gate = await Gate.open(pair.ports[0]);
    const all: Outcome[] = [];
    for (const [tool, list] of corpus()) {
      const judge = await Judge.open(gate, pair);
      const outcomes: Outcome[] = [];
      for (const sent of list) outcomes.push(this.#note({ tool, sent }, await judge.outcome(sent)));
      await judge.close();
      this.#count(tool, outcomes);
      all.push(...outcomes);
    }
    this.#count("all", all);
    const holes = all.filter(({ fate }) => fate === "holes");
    if (holes.length > 0) throw new Error(`${holes.length} show masked values: see the list.`);
  }

  #count(line: string, outcomes: readonly Outcome[]): void {
    for (const fate of FATES) {
      const n = outcomes.filter((outcome) => outcome.fate === fate).length;
      this.outcomes.add(line, "core", fate, n);
    }
    this.outcomes.add(line, "core", "statements", outcomes.length);
    const judged = outcomes.filter(({ fate }) => fate !== "fails anyway");
    for (const [column, among] of [
      ["of all", judged],
      ["of those near masked columns", judged.filter(({ near }) => near)],
    ] as const) {
      const over = among.filter(({ fate }) => fate.endsWith("without need"));
      this.shares.add(line, "core", column, (100 * over.length) / Math.max(1, among.length));
    }
  }

  #note({ tool, sent }: Case, outcome: Outcome): Outcome {
    if (COMMON.includes(outcome.fate)) return outcome;
    const list = this.#lists.get(outcome.fate) ?? [];
    this.#lists.set(outcome.fate, list);
    const text = sent.sql.replaceAll(/\s+/g, " ");
    list.push([`${tool}: ${shortened(text)}`, ...outcome.notes.map((n) => `    ${n}`)].join("\n"));
    return outcome;
  }

  #listed(): string {
    return FATES.flatMap((fate) => {
      const list = this.#lists.get(fate) ?? [];
      return list.length === 0 ? [] : [`### ${fate}\n\n${list.join("\n")}`];
    }).join("\n\n");
  }
}

const shownMax = 240;
const shortened = (text: string): string =>
  text.length <= shownMax ? text : `${text.slice(0, shownMax / 2)} … ${text.slice(-shownMax / 2)}`;

/** By tool; a file's first line says which. */
function corpus(): ReadonlyMap<string, readonly Sent[]> {
  const files = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
  return new Map(
    files.toSorted().map((file) => {
      const lines = readFileSync(join(folder, file), "utf8").trim().split("\n");
      const [head, ...list] = lines.map((line) => JSON.parse(line) as unknown);
      const { tool, version } = head as { tool: string; version: string };
      return [`${tool} ${version}`, list as Sent[]];
    }),
  );
}
