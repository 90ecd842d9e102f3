import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

const reporter = join(import.meta.dirname, "closing-line.ts");
const vitest = join(import.meta.dirname, "../../node_modules/vitest/vitest.mjs");

/** Runs a suite of its own, and gives the last lines that people and machines read. */
function run(source: string, ...more: string[]): { code: number | null; lines: string[] } {
  const folder = mkdtempSync(join(tmpdir(), "sluice-closing-"));
  try {
    writeFileSync(join(folder, "some.test.js"), source);
    const args = [vitest, "run", "--root", folder, "--globals", `--reporter=${reporter}`, ...more];
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
    return { code: status, lines: stdout.trimEnd().split("\n") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("counts close a run that passed, and a skip stands with its reason before them", () => {
  const { code, lines } = run(`
    test("a", () => {});
    test("b", (context) => context.skip("needs psql"));`);
  expect(lines.slice(-2)).toEqual(["skipped: b: needs psql", "1 passed, 0 failed, 1 skipped"]);
  expect(code).toBe(0);
});

test("a failure is counted and fails the run", () => {
  const { code, lines } = run(`test("a", () => { throw new Error("no") }); test("b", () => {});`);
  expect(lines.at(-1)).toBe("1 passed, 1 failed, 0 skipped");
  expect(code).toBe(1);
});

test("a skip without a reason fails the run", () => {
  const { code, lines } = run(`test.skip("a", () => {});`);
  expect(lines.at(-1)).toBe("0 passed, 1 failed, 1 skipped");
  expect(code).toBe(1);
});

test("what -t leaves out is not counted", () => {
  const { code, lines } = run(`test("a", () => {}); test("b", () => {});`, "-t", "a");
  expect(lines.at(-1)).toBe("1 passed, 0 failed, 0 skipped");
  expect(code).toBe(0);
});

test("a file that cannot be read fails the run", () => {
  const { code, lines } = run(`import "./missing.js"; test("a", () => {});`);
  expect(lines.at(-1)).toBe("0 passed, 1 failed, 0 skipped");
  expect(code).toBe(1);
});

test("a set-up that fails fails the run", () => {
  const { code, lines } = run(`beforeAll(() => { throw new Error("no") }); test("a", () => {});`);
  expect(lines.at(-1)).toMatch(/^0 passed, [1-9]\d* failed, /);
  expect(code).toBe(1);
});
