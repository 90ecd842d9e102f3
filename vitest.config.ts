import { defineConfig } from "vitest/config";

/** `vitest run` takes the tests of `npm test`; `vitest run --mode long` those of `test:long`. */
export default defineConfig(({ mode }) => ({
  test: {
    include: [mode === "long" ? "test/**/*.long.ts" : "test/**/*.test.ts"],
    globalSetup: ["test/support/build-cli.ts"],
    reporters: ["default", "./test/support/closing-line.ts"],
    testTimeout: mode === "long" ? 3_600_000 : 60_000,
    hookTimeout: 120_000,
  },
}));
