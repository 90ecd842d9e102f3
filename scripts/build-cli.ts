import { chmodSync, copyFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
export const CLI_FILE = join(root, "cli/dist/sluice.js");
/** PostgreSQL's grammar, beside it (cli/grammar.ts). */
const WASM_FILE = join(root, "cli/dist/libpg-query.wasm");

/**
 * Bundles the command line into one file that runs on Node 20: what `npx sluice` starts. The file
 * is replaced whole: whoever starts it meanwhile gets the one before.
 */
export async function buildCli(): Promise<void> {
  const fresh = `${CLI_FILE}.${process.pid}`;
  await build({
    entryPoints: [join(root, "cli/main.ts")],
    outfile: fresh,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    logLevel: "warning",
    // Packages in CommonJS inside the bundle ask for Node's own modules by `require`.
    banner: {
      js: [
        "#!/usr/bin/env node",
        'import { createRequire } from "node:module";',
        "const require = createRequire(import.meta.url);",
      ].join("\n"),
    },
  });
  copyFileSync(join(root, "core/sql/grammar/libpg-query.wasm"), `${WASM_FILE}.${process.pid}`);
  renameSync(`${WASM_FILE}.${process.pid}`, WASM_FILE);
  chmodSync(fresh, 0o755);
  renameSync(fresh, CLI_FILE);
}

if (import.meta.main) await buildCli();
