import { readFileSync } from "node:fs";
import { SpareGrammar, makeInstance, type Instance } from "../../core/sql/grammar/instance.ts";

const file = new URL("../../core/sql/grammar/libpg-query.wasm", import.meta.url);
const compiled = new WebAssembly.Module(readFileSync(file));

export const newInstance = (): Promise<Instance> =>
  makeInstance((imports) => new WebAssembly.Instance(compiled, imports as WebAssembly.Imports));

/** PostgreSQL's grammar with its spare, as the shell has it. */
export async function loadGrammar(): Promise<SpareGrammar> {
  const grammar = new SpareGrammar();
  while (grammar.needsSpare) grammar.give(await newInstance());
  return grammar;
}
