import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect } from "vitest";
import { messageLines } from "../support/postgres-words.ts";
import { randomStatement } from "./twins-random.ts";
import type { Couple, Pair, Twins } from "./twins.ts";

type Format = 0 | 1;

/** What is tried to make a statement smaller; then the smallest so far stands. */
const SMALLER_MAX = 2_000;

/** One statement to both; a write is rolled back. */
async function answered(couple: Couple, sql: string, format: Format) {
  const writes = sql.startsWith("update");
  if (writes) await couple.ask((wire) => wire.query("begin"));
  const told = await couple.ask((wire) => wire.extended(sql, format));
  const bytes = couple.bytes;
  if (writes) await couple.ask((wire) => wire.query("rollback"));
  return { told, bytes };
}

/** Random statements, in text and in binary. Of those that differ the smallest found is told. */
export async function answersAlike(twins: Twins, statements: number, seed: number): Promise<void> {
  const couple = await twins.open("ada");
  const { notRandom } = twins.kind;
  const statement = randomStatement.filter((sql) => notRandom?.test(sql) !== true);
  let ran = 0;
  let smaller: number | null = null;
  const check = fc.asyncProperty(
    statement,
    fc.constantFrom<Format[]>(0, 1),
    async (sql, format) => {
      if (smaller !== null && ++smaller > SMALLER_MAX) return;
      const [one, other] = (await answered(couple, sql, format)).told;
      if (/SELECT |UPDATE /.test(one)) ran++;
      if (one === other) return;
      smaller ??= 0;
      throw new Error("they differ");
    },
  );
  const { counterexample } = await fc.check(check, { seed, numRuns: statements });
  if (counterexample !== null) {
    const [sql, format] = counterexample;
    const { told, bytes } = await answered(couple, sql, format);
    const file = capture(sql, format, told, bytes);
    const found = `seed ${seed}, ${smaller} statements to make it smaller`;
    expect.fail(`the answers differ (${found}), both are in ${file}:\n${sql}`);
  }
  couple.close();
  expect(ran, "enough of them run").toBeGreaterThan(statements / 10);
}

/** Both conversations in the words of captures, and the place where they part. */
function capture(sql: string, format: Format, told: Pair<string>, bytes: Pair<Uint8Array>): string {
  const [one, other] = told;
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  const lines = [
    "# Two databases that differ in masked values alone, asked the same.",
    `client  ${format === 0 ? "text" : "binary"} ${JSON.stringify(sql)}`,
    ...messageLines("server", bytes[0]).map((line) => `shop-db ${line}`),
    ...messageLines("server", bytes[1]).map((line) => `twin-db ${line}`),
    "# From here on they differ, with numbers for tokens, as Latin-1.",
    ...told.map((all) => JSON.stringify(all.slice(Math.max(0, at - 40), at + 200))),
  ];
  const file = join(mkdtempSync(join(tmpdir(), "sluice-differ-")), "capture.txt");
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}
