import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

const root = join(import.meta.dirname, "../../..");
const notOurs = new Set([
  "node_modules",
  ".git",
  "dist",
  ".wrangler",
  ".sluice",
  "coverage",
  "test-results",
]);

/** Made by a program from somebody else's sources (scripts/vendor-grammar.mjs, drizzle-kit). */
const generated = /^(core\/sql\/grammar\/libpg-query\.|migrations\/|package-lock\.json$)/;

export const isGenerated = (path: string): boolean => generated.test(path);

/** Every file of the repository, as a path with slashes from its root. */
export function files(folder = ""): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (notOurs.has(entry.name)) return [];
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return files(path);
    return entry.isFile() ? [path] : [];
  });
}

export const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** What a source file imports, also for types: paths from the root, packages as they are named. */
export function importsOf(path: string, source: string): string[] {
  const code = source.replace(/^\s*(\/\/|\/?\*).*$/gm, "");
  const named = /(?:\bfrom\s*|^\s*import\s*|\bimport\()"([\w@:./-]+)"/gm;
  return [...code.matchAll(named)].map(([, name = ""]) =>
    name.startsWith(".") ? posix.join(posix.dirname(path), name) : name,
  );
}

export type Graph = ReadonlyMap<string, readonly string[]>;

export const graphOf = (paths: readonly string[]): Graph =>
  new Map(
    paths
      .filter((path) => /\.(mts|tsx?)$/.test(path))
      .map((path) => [path, importsOf(path, read(path))]),
  );

/** Everything that the files lead to, themselves included. */
export function closure(graph: Graph, starts: readonly string[]): Set<string> {
  const reached = new Set<string>();
  const waiting = [...starts];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    waiting.push(...(graph.get(path) ?? []));
  }
  return reached;
}
