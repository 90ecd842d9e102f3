import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeInstance, SpareGrammar } from "../core/sql/grammar/instance.ts";

/** Node compiles wasm at run time; the types that hold here forbid it. */
const { Module, Instance } = WebAssembly as unknown as {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => object;
};

const here = dirname(fileURLToPath(import.meta.url));
/** The bundle has the file beside it; from source it lies with its glue. */
const PLACES = ["libpg-query.wasm", "../core/sql/grammar/libpg-query.wasm"];

/** PostgreSQL's own grammar, as the gateway reads with. */
export async function loadGrammar(): Promise<SpareGrammar> {
  const found = PLACES.map((place) => join(here, place)).find((path) => existsSync(path));
  if (found === undefined) throw new Error("libpg-query.wasm is not where sluice was built");
  const module = new Module(await readFile(found));
  const grammar = new SpareGrammar();
  while (grammar.needsSpare) {
    grammar.give(await makeInstance((imports) => new Instance(module, imports)));
  }
  return grammar;
}
