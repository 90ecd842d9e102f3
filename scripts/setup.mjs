// What a fresh clone needs before any tool can run: the packages of package-lock.json. Plain
// JavaScript without dependencies, so that any Node from 20 on can read it.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const staleLockMs = 15 * 60 * 1000;

const packagesOf = (file) =>
  existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).packages : {};

/** Installed is what the lock says, but for optional packages of other platforms. */
export function isInstalled(root) {
  const wanted = packagesOf(join(root, "package-lock.json"));
  const present = packagesOf(join(root, "node_modules", ".package-lock.json"));
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === "") return true;
    return present[path] === undefined ? optional === true : present[path].version === version;
  });
}

/** Runs `npm ci` when node_modules is missing or stale; two runs at once take turns. */
export async function setUp(root) {
  if (isInstalled(root)) return;
  const lock = join(root, ".sluice-setup");
  while (!take(lock)) await sleep(500);
  try {
    if (isInstalled(root)) return;
    console.error("Installing packages (npm ci); this happens once.");
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    const stdio = ["ignore", "ignore", "inherit"];
    const { status } = spawnSync(npm, ["ci", "--loglevel=error"], { cwd: root, stdio });
    if (status !== 0) throw new Error("npm ci failed; its own message is above.");
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** A directory is made by one process alone; one left behind by a killed process grows stale. */
function take(lock) {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    const left = statSync(lock, { throwIfNoEntry: false });
    if (left && Date.now() - left.mtimeMs > staleLockMs) rmSync(lock, { recursive: true });
    return false;
  }
}
