// Everything that must hold before a change lands. All steps run, so that one look shows all that
// is wrong; the tests come last, for their closing line closes the whole where nothing is.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const bundleBytesMax = 3 * 1024 * 1024;
const bundle = ".wrangler/dry-run";

const run = (tool, ...args) => spawnSync(tool, args, { stdio: "inherit" }).status === 0;

/** What a deploy would upload, compressed as Cloudflare counts it. */
function deploysSmall() {
  rmSync(bundle, { recursive: true, force: true });
  if (!run("node", "scripts/build-dashboard.ts")) return false;
  if (!run("wrangler", "deploy", "--dry-run", "--outdir", bundle)) return false;
  const files = readdirSync(bundle).filter((name) => !/\.map$|\.md$/.test(name));
  const bytes = files
    .map((name) => gzipSync(readFileSync(join(bundle, name))).length)
    .reduce((sum, length) => sum + length, 0);
  console.log(`bundle: ${(bytes / 1024).toFixed(0)} KiB gzip of ${bundleBytesMax / 1024} KiB`);
  return bytes <= bundleBytesMax;
}

const types = ["core/tsconfig.json", "dashboard/tsconfig.json", "tsconfig.json"];
const STEPS = {
  types: () => types.map((project) => run("tsc", "-p", project)).every(Boolean),
  lint: () => run("oxlint", "--type-aware", "--deny-warnings"),
  format: () => run("oxfmt", "--check"),
  deploy: deploysSmall,
  tests: () => run("vitest", "run"),
};

const asked = process.argv.slice(2);
const steps = asked.length > 0 ? asked : Object.keys(STEPS);
const failed = [];
for (const step of steps) {
  console.log(`\n── ${step}`);
  if (!STEPS[step]()) failed.push(step);
}
if (failed.length > 0) console.error(`\nfailed: ${failed.join(", ")}`);
process.exitCode = failed.length > 0 ? 1 : 0;
