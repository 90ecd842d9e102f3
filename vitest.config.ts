import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/**
 * `vitest run` takes the tests of `npm test`; `vitest run --mode long` those of `test:long`. Many
 * files start a database and a runtime of their own, so a worker keeps more than one core busy. The
 * limits end a test that hangs; none is a measure of speed.
 */
export default defineConfig(({ mode }) => ({
  test: {
    include: [mode === "long" ? "test/**/*.long.ts" : "test/**/*.test.ts"],
    globalSetup: ["test/support/build-cli.ts", "test/support/build-dashboard.ts"],
    reporters: ["default", "./test/support/closing-line.ts"],
    silent: mode === "long" ? false : "passed-only",
    maxWorkers: Math.max(2, Math.min(4, Math.floor(availableParallelism() / 2))),
    testTimeout: mode === "long" ? 3_600_000 : 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
  },
}));
