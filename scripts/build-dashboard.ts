import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";

const folder = join(import.meta.dirname, "../dashboard");
const vite = join(import.meta.dirname, "../node_modules/vite/bin/vite.js");
export const DASHBOARD = join(folder, "dist");

/** What a browser loads before it shows the first page, compressed. */
const initialBytesMax = 130 * 1000;

/**
 * Makes the pages for browsers: what the Worker's assets serve. A process of its own, for Vite
 * takes React's parts for development where NODE_ENV is anything else, and a test's is.
 */
export async function buildDashboard(): Promise<void> {
  const args = [vite, "build", folder, "--logLevel", "warn"];
  const env = { ...process.env, NODE_ENV: "production" };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env });
  process.stderr.write(stdout + stderr);
}

/** Bytes of gzip: the scripts that index.html names, all other scripts, and the styles. */
function sizes(): { initial: number; later: number; styles: number } {
  const page = readFileSync(join(DASHBOARD, "index.html"), "utf8");
  const gzip = (file: string) => gzipSync(readFileSync(join(DASHBOARD, "assets", file))).length;
  const sum = (files: readonly string[]) => files.map(gzip).reduce((a, b) => a + b, 0);
  const files = readdirSync(join(DASHBOARD, "assets"));
  const scripts = files.filter((file) => file.endsWith(".js"));
  return {
    initial: sum(scripts.filter((file) => page.includes(file))),
    later: sum(scripts.filter((file) => !page.includes(file))),
    styles: sum(files.filter((file) => file.endsWith(".css"))),
  };
}

if (import.meta.main) {
  await buildDashboard();
  const { initial, later, styles } = sizes();
  const kB = (bytes: number) => (bytes / 1000).toFixed(1);
  console.log(
    `dashboard: initial script ${kB(initial)} kB gzip of ${kB(initialBytesMax)}, ` +
      `later ${kB(later)} kB, styles ${kB(styles)} kB`,
  );
  if (initial > initialBytesMax) process.exitCode = 1;
}
