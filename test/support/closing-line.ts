import type { Reporter, TestCase, TestModule, Vitest } from "vitest/node";

type Counts = { passed: number; failed: number; skipped: number };

export const closingLine = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

/**
 * The last line of every run: `N passed, N failed, N skipped`. Before it stands each skipped test
 * with its reason; a skip without one fails the run, as does a file that could not be read. A
 * run that failed says so, whatever it was that failed. What `-t` leaves out is not counted.
 */
export default class ClosingLine implements Reporter {
  readonly #counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  readonly #lines: string[] = [];
  #chosen = false;

  onInit({ config }: Vitest): void {
    this.#chosen = config.testNamePattern !== undefined;
  }

  onTestCaseResult(test: TestCase): void {
    const result = test.result();
    if (result.state === "pending") return;
    if (result.state === "skipped") {
      if (this.#chosen && result.note === undefined) return;
      this.#skip(test, result.note);
    }
    this.#counts[result.state]++;
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const unread = modules.filter((module) => module.errors().length > 0).length;
    this.#counts.failed += unread + errors.length;
    if (this.#counts.failed > 0) process.exitCode = 1;
    process.once("exit", (code) => {
      if (code !== 0 && this.#counts.failed === 0) this.#counts.failed = 1;
      for (const line of this.#lines) process.stdout.write(`${line}\n`);
      process.stdout.write(`${closingLine(this.#counts)}\n`);
    });
  }

  #skip(test: TestCase, reason: string | undefined): void {
    const suiteFailed = reason === undefined && test.parent.state() === "failed";
    if (reason === undefined && !suiteFailed) this.#counts.failed++;
    const why = suiteFailed ? "its set-up failed" : (reason ?? "no reason given, and that fails");
    this.#lines.push(`skipped: ${test.fullName}: ${why}`);
  }
}
