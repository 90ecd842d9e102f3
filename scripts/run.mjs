// Runs a tool of this repository: `node scripts/run.mjs TOOL ARGS…`. It installs what is missing
// and finds a Node that is new enough, whatever Node started npm.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setUp } from "./setup.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const nodeMajorMin = 24;

/** The current Node, or the one that came with the packages. Scripts in TypeScript need 24. */
function modernNode() {
  if (Number(process.versions.node.split(".")[0]) >= nodeMajorMin) return process.execPath;
  const prefix = process.platform === "darwin" && process.arch === "arm64" ? "node-bin" : "node";
  const name = `${prefix}-${process.platform}-${process.arch}`;
  const node = join(root, "node_modules", name, "bin", "node");
  if (existsSync(node)) return node;
  console.error(
    `Node ${process.version} is too old, and no newer one comes by npm for ` +
      `${process.platform}-${process.arch}. Install Node ${nodeMajorMin} and try again.`,
  );
  return process.exit(1);
}

await setUp(root);
const node = modernNode();
const bin = join(root, "node_modules", ".bin");
const env = {
  ...process.env,
  PATH: [dirname(node), bin, process.env.PATH].join(delimiter),
  // Both keep the tools from calling home, which also makes them slow without a network.
  WRANGLER_SEND_METRICS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
};
const [tool, ...args] = process.argv.slice(2);
const child = spawn(tool, args, { stdio: "inherit", env });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  console.error(error.message);
  process.exit(127);
});
child.on("exit", (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
