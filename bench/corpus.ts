import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Asker, type Heard, type Sent } from "./answer.ts";
import { Gate, type Reading } from "./gate.ts";
import { type ShopPair, startPair } from "./pair.ts";
import { Table } from "./sheet.ts";
import { differs, type Need, needOf, needOfRefusal, type Trial } from "./verdict.ts";

const folder = join(import.meta.dirname, "corpus");

const COLUMNS = [
  "statements",
  "pass",
  "masked with need",
  "refused with need",
  "masked without need",
  "refused without need",
  "undecided",
  "by other rules",
  "fails anyway",
  "holes",
] as const;
type Column = (typeof COLUMNS)[number];

type Case = { readonly tool: string; readonly sent: Sent };

/** What became of one statement, and what of it is worth reading. */
type Outcome = { readonly column: Column; readonly notes: readonly string[]; readonly near: boolean };

const REFUSED: Readonly<Record<Need, Column>> = {
  needed: "refused with need",
  "without need": "refused without need",
  undecided: "undecided",
};

/**
 * Statements of real tools (bench/corpus): which of them are masked or refused without need. Two
 * databases that differ in masked values alone are the judge of what is needed.
 */
export class CorpusBench {
  readonly outcomes = new Table({
    title: "Statements of real tools, by what becomes of them",
    columns: COLUMNS,
    digits: 0,
  });
  readonly shares = new Table({
    title: "Masked or refused without need, %",
    columns: ["of all", "of those near masked columns"],
    digits: 1,
  });
  readonly #lists = new Map<Column, string[]>();
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
      const session = await Session.open(gate, pair);
      const outcomes: Outcome[] = [];
      for (const sent of list) outcomes.push(this.#note({ tool, sent }, await session.judge(sent)));
      session.close();
      this.#count(tool, outcomes);
      all.push(...outcomes);
    }
    this.#count("all", all);
  }

  #count(line: string, outcomes: readonly Outcome[]): void {
    for (const column of COLUMNS.slice(1)) {
      const n = outcomes.filter((outcome) => outcome.column === column).length;
      this.outcomes.add(line, "", column, n);
    }
    this.outcomes.add(line, "", "statements", outcomes.length);
    const judged = outcomes.filter(({ column }) => column !== "fails anyway");
    for (const [column, among] of [
      ["of all", judged],
      ["of those near masked columns", judged.filter(({ near }) => near)],
    ] as const) {
      const over = among.filter(({ column: each }) => each.endsWith("without need"));
      this.shares.add(line, "", column, (100 * over.length) / Math.max(1, among.length));
    }
  }

  #note({ tool, sent }: Case, outcome: Outcome): Outcome {
    if (outcome.column === "pass" || outcome.column === "masked with need") return outcome;
    const list = this.#lists.get(outcome.column) ?? [];
    this.#lists.set(outcome.column, list);
    const text = sent.sql.replaceAll(/\s+/g, " ");
    list.push([`${tool}: ${shortened(text)}`, ...outcome.notes.map((n) => `    ${n}`)].join("\n"));
    return outcome;
  }

  #listed(): string {
    return COLUMNS.flatMap((column) => {
      const list = this.#lists.get(column) ?? [];
      return list.length === 0 ? [] : [`### ${column}\n\n${list.join("\n")}`];
    }).join("\n\n");
  }
}

const shownMax = 400;
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

/** One tool's statements, in order: what a session keeps (cursors, its own tables) stays. */
class Session {
  readonly #gate: Gate;
  readonly #askers: readonly [Asker, Asker, Asker];
  readonly #others: ShopPair["others"];

  private constructor(gate: Gate, askers: Session["askers"], others: ShopPair["others"]) {
    this.#gate = gate;
    this.#askers = askers;
    this.#others = others;
  }

  get askers(): readonly [Asker, Asker, Asker] {
    return this.#askers;
  }

  static async open(gate: Gate, pair: ShopPair): Promise<Session> {
    gate.newSession();
    const [one, other] = pair.ports;
    const askers = [
      await Asker.open(one, pair),
      await Asker.open(one, pair),
      await Asker.open(other, pair),
    ] as const;
    return new Session(gate, askers, pair.others);
  }

  close(): void {
    for (const asker of this.#askers) asker.close();
  }

  async judge(sent: Sent): Promise<Outcome> {
    const reading = await this.#gate.read(sent.sql);
    const trial = await this.#try(sent, reading, reading.refusal !== null);
    const outcome = await this.#outcome(sent, reading, trial);
    if (trial.one.error === null) this.#gate.keep(this.#gate.kept(reading.analysis));
    return { near: reading.nearMasked, ...outcome };
  }

  async #try(sent: Sent, { analysis }: Reading, readBack: boolean, own = true): Promise<Trial> {
    const keep = own && this.#gate.kept(analysis).length > 0;
    const copy = analysis.statements[0]?.copy ?? null;
    const after = readBack ? this.#gate.written(analysis) : [];
    const heard: Heard[] = [];
    for (const asker of this.#askers) {
      const isOther = asker === this.#askers[2];
      const said = isOther && !own ? translated(sent, this.#others) : sent;
      heard.push(await asker.ask(said, copy, keep, after));
    }
    const [one, again, other] = heard as [Heard, Heard, Heard];
    return { one, again, other };
  }

  async #outcome(sent: Sent, reading: Reading, trial: Trial): Promise<Omit<Outcome, "near">> {
    const { refusal, analysis } = reading;
    const { one, other } = trial;
    if (one.error !== null && other.error !== null) {
      return { column: "fails anyway", notes: [one.error] };
    }
    if (refusal?.by === "policy") return { column: "by other rules", notes: [refusal.why] };
    if (refusal !== null) {
      const need = needOfRefusal(trial);
      return { column: REFUSED[need], notes: [refusal.why] };
    }
    // A constant that is a masked value finds the row that it is in, or collides with it: questions
    // by = are allowed, and constraints are not promised (docs/masking.md).
    const asked = analysis.statements.some(({ questions }) => questions > 0);
    const writes = analysis.statements.some((statement) => statement.writes.length > 0);
    const fair = (asked || writes) && this.#gate.kept(analysis).length === 0;
    const shown = fair ? await this.#try(sent, reading, false, false) : trial;
    return this.#masked(sent, reading, shown, asked);
  }

  #masked(sent: Sent, { analysis }: Reading, trial: Trial, asked: boolean): Omit<Outcome, "near"> {
    const needs: Need[] = [];
    const notes: string[] = [];
    let hole = false;
    for (const [n, result] of trial.one.results.entries()) {
      for (const [at, mask] of this.#gate.masks(sent.sql, analysis, n, result).entries()) {
        const need = needOf(trial, n, at);
        if (mask === null) hole ||= need === "needed";
        else needs.push(need);
        if (mask !== null && need !== "needed") {
          notes.push(`${result.fields[at]?.name ?? at + 1}: ${mask} (${need})`);
        }
      }
    }
    const rows = (heard: Heard) => heard.results.map((each) => each.rows.length).join();
    if (needs.length === 0) hole ||= differs(trial);
    hole ||= rows(trial.one) !== rows(trial.other);
    if (hole && !asked) return { column: "holes", notes };
    if (needs.includes("without need")) return { column: "masked without need", notes };
    if (needs.includes("needed")) return { column: "masked with need", notes };
    return { column: needs.length > 0 ? "undecided" : "pass", notes };
  }
}

/** The same question about the other copy: its masked values in the place of ours. */
function translated({ sql, values }: Sent, others: ShopPair["others"]): Sent {
  const text = sql.replaceAll(/'([^']*)'/g, (all, constant: string) => {
    const other = others.get(constant);
    return other === undefined ? all : `'${other}'`;
  });
  if (values === undefined) return { sql: text };
  const bound = values.map((value) => (value === null ? null : (others.get(value) ?? value)));
  return { sql: text, values: bound };
}
