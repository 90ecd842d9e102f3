import { chmodSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
export const CLI_FILE = join(root, "cli/dist/sluice.js");

/** Bundles the command line into one file that runs on Node 20: what `npx sluice` starts. */
export async function buildCli(): Promise<void> {
  await build({
    entryPoints: [join(root, "cli/main.ts")],
    outfile: CLI_FILE,
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
  chmodSync(CLI_FILE, 0o755);
}

if (import.meta.main) await buildCli();
