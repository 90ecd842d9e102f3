import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SpareGrammar, makeInstance, type Instance } from "../../core/sql/grammar/instance.ts";

/** Node compiles wasm at run time; the Worker's types, which hold here too, forbid it. */
const { Module, Instance: WasmInstance } = WebAssembly as unknown as {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => object;
};

const file = join(import.meta.dirname, "../../core/sql/grammar/libpg-query.wasm");
const compiled = new Module(readFileSync(file));

export const newInstance = (): Promise<Instance> =>
  makeInstance((imports) => new WasmInstance(compiled, imports));

/** PostgreSQL's grammar with its spare, as the shell has it. */
export async function loadGrammar(): Promise<SpareGrammar> {
  const grammar = new SpareGrammar();
  while (grammar.needsSpare) grammar.give(await newInstance());
  return grammar;
}
