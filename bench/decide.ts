import { utf8 } from "../core/bytes.ts";
import { Analyses } from "../core/sql/cache.ts";
import type { Grammar } from "../core/sql/grammar.ts";
import { Names } from "../core/sql/names.ts";
import { trialCommand } from "../core/sql/summary.ts";
import { loadGrammar } from "../test/support/grammar.ts";
import {
  ACCOUNTS_OID,
  CATALOG,
  CoreSession,
  describe,
  policyOf,
  row,
  ROWS_DESCRIPTION,
  sampleRow,
} from "./core.ts";
import type { Effort } from "./effort.ts";
import { message, READY } from "./messages.ts";
import type { ResourceName } from "./policy.ts";
import { median, Table } from "./sheet.ts";
import type { World } from "./world.ts";

const SMALL = (n: number): string => `SELECT abalance FROM pgbench_accounts WHERE aid = ${n};`;
const LARGE = (n: number): string => `
  WITH recent AS (
    SELECT id, name, city, amount, note FROM bench_rows
    WHERE active = 't' AND amount > '${n}' AND city IN ('Berlin', 'Porto', 'Osaka')
  )
  SELECT r.city, count(*) AS orders, sum(b.bbalance) AS total, upper(lower(r.name)) AS name
  FROM recent AS r JOIN pgbench_branches AS b ON b.bid = r.id
  LEFT JOIN pgbench_accounts AS a ON a.bid = b.bid AND a.abalance <> b.bbalance
  WHERE r.note IS NOT NULL GROUP BY r.city, r.name HAVING count(*) > 3 ORDER BY 2 DESC LIMIT 20`;

/** Of 400 bytes, as the aim for a text seen first says. */
const JOIN = (n: number): string => `
  SELECT r.city, r.name, count(*) AS orders, sum(b.bbalance) AS total, upper(lower(r.note)) AS note
  FROM bench_rows AS r JOIN pgbench_branches AS b ON b.bid = r.id
  LEFT JOIN pgbench_accounts AS a ON a.bid = b.bid AND a.abalance <> b.bbalance
  WHERE r.active = 't' AND r.amount > '${n}' AND r.city IN ('Berlin', 'Porto')
  GROUP BY r.city, r.name, r.note ORDER BY 3 DESC LIMIT 20`;

/** Known texts take turns, so that each is in the cache and none is the last one. */
const known = 100;
/** Below what the cache forgets, new texts would come back known. */
const fresh = 1_000_000;

const answers = (columns: readonly string[], cells: readonly string[]): Buffer =>
  Buffer.concat([describe(ACCOUNTS_OID, columns), row(cells), message("C", "SELECT 1\0"), READY]);

const TEXTS = [
  ["a short select", SMALL, answers(["abalance"], ["17"])],
  ["a join of three tables", LARGE, answers(["city", "orders", "total", "name"], ["", "", "", ""])],
] as const;

const rowsBytes = 256 * 1024;

/** Core alone, on one thread: how many statements and how many bytes a second it can take. */
export class CoreBench {
  readonly statements = new Table({
    title: "Core alone: statements read, decided, recorded and answered per second",
    columns: ["new text", "known text"],
    digits: 0,
  });
  readonly rows = new Table({
    title: "Core alone: rows of ten columns, MB/s",
    columns: ["none masked", "three masked", "detectors on all text"],
    digits: 0,
  });
  readonly decisions = new Table({
    title: "Core alone: parse, lineage and decision of one statement, µs at the median",
    columns: ["new text", "known text"],
    digits: 1,
  });
  readonly tables = [this.statements, this.decisions, this.rows];
  #done = false;

  /** No world is needed, so one run is enough. */
  async run(_: World, { repeats, seconds }: Effort): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    const grammar = await loadGrammar();
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const [line, text, answer] of TEXTS) {
        const session = new CoreSession("demo", grammar);
        const one = (n: number) => {
          session.client(message("Q", utf8(`${text(n)}\0`)));
          session.upstream(answer);
        };
        const texts = {
          "new text": (n: number) => fresh + n,
          "known text": (n: number) => n % known,
        };
        for (const [column, number] of Object.entries(texts)) {
          const rate = perSecond(seconds / 2, (n) => one(number(n)));
          this.statements.add(line, "core", column, rate);
        }
      }
      this.#decisions(await loadGrammar(), seconds / 2);
      this.#rows(grammar, seconds / 2);
    }
  }

  /** Three columns are masked. */
  #decisions(grammar: Grammar, seconds: number): void {
    const policy = policyOf("columns");
    for (const [line, text] of [
      ["a short select", SMALL],
      ["a join of 400 bytes", JOIN],
    ] as const) {
      const [analyses, names] = [new Analyses(grammar), new Names(CATALOG)];
      const decide = (sql: string) => {
        const analysis = analyses.analyse(utf8(sql), names, policy.masker);
        if (analysis.unknown !== null) throw new Error(analysis.unknown);
        policy.decide(trialCommand(sql, analysis), 1);
      };
      const texts = Array.from({ length: known }, (_, n) => text(n));
      const columns = {
        "new text": microseconds(seconds, (n) => decide(text(fresh + n))),
        "known text":
          microseconds(seconds, () => {
            for (const each of texts) decide(each);
          }) / known,
      };
      for (const [column, value] of Object.entries(columns)) {
        this.decisions.add(line, "core", column, value);
      }
    }
  }

  #rows(grammar: Grammar, seconds: number): void {
    const columns = [
      ["none masked", "plain"],
      ["three masked", "columns"],
      ["detectors on all text", "detectors"],
    ] as const satisfies readonly (readonly [string, ResourceName])[];
    const chunk = chunkOfRows();
    for (const [column, resource] of columns) {
      const session = new CoreSession(resource, grammar);
      session.client(message("Q", "SELECT * FROM bench_rows\0"));
      session.upstream(ROWS_DESCRIPTION);
      const rate = perSecond(seconds, () => session.upstream(chunk));
      this.rows.add("chunks of 256 kB", "core", column, (rate * chunk.length) / 1e6);
    }
  }
}

/** As one read of the target hands it over, but for the row that a read cuts. */
function chunkOfRows(): Buffer {
  const rows: Buffer[] = [];
  for (let n = 1, bytes = 0; bytes < rowsBytes; n++) {
    const next = sampleRow(n);
    rows.push(next);
    bytes += next.length;
  }
  return Buffer.concat(rows);
}

/** The median of as many runs as the time allows, after a tenth of it to get warm. */
function microseconds(seconds: number, work: (n: number) => void): number {
  let n = 0;
  const took: number[] = [];
  const until = (end: number, note: (ms: number) => void) => {
    for (let now = performance.now(); now < end;) {
      work(n++);
      const then = performance.now();
      note(then - now);
      now = then;
    }
  };
  until(performance.now() + seconds * 100, () => {});
  until(performance.now() + seconds * 1000, (ms) => took.push(ms));
  return 1000 * median(took);
}

/** How often a second `work` can be done, after a tenth of the time to get warm. */
function perSecond(seconds: number, work: (n: number) => void): number {
  let n = 0;
  const until = (end: number) => {
    while (performance.now() < end) work(n++);
  };
  until(performance.now() + seconds * 100);
  const [begun, before] = [performance.now(), n];
  until(begun + seconds * 1000);
  return (n - before) / ((performance.now() - begun) / 1000);
}
