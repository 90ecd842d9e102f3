// What a fresh clone needs before any tool can run: the packages of package-lock.json. Plain
// JavaScript without dependencies, so that any Node from 20 on can read it.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

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
  const lock = join(root, ".sluice", "setup");
  mkdirSync(dirname(lock), { recursive: true });
  while (!take(lock)) await sleep(500);
  try {
    if (isInstalled(root)) return;
    console.error("Installing packages (npm ci); this happens once.");
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    const stdio = ["ignore", "ignore", "inherit"];
    const { status } = spawnSync(npm, ["ci", "--loglevel=error"], { cwd: root, stdio });
    if (status !== 0) throw new Error("npm ci failed; its own message is above.");
  } finally {
    rmSync(lock, { force: true });
  }
}

/** A file is made by one process alone; one left behind by a killed process counts for nothing. */
function take(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    if (!isRunning(Number(readFileSync(lock, "utf8")))) rmSync(lock, { force: true });
    return false;
  }
}

function isRunning(pid) {
  try {
    return pid === 0 || process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}
