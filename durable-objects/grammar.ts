import wasm from "../core/sql/grammar/libpg-query.wasm";
import { makeInstance, SpareGrammar } from "../core/sql/grammar/instance.ts";

/** One per isolate: every session of it parses with the same two instances. */
export const grammar = new SpareGrammar();

const instantiate = (imports: object) =>
  new WebAssembly.Instance(wasm, imports as WebAssembly.Imports);

let making: Promise<void> | null = null;

/** Called before each input that may parse: nothing to do but after a start or a trap. */
export function grammarReady(): Promise<void> | null {
  if (!grammar.needsSpare) return null;
  making ??= refill().finally(() => {
    making = null;
  });
  return making;
}

async function refill(): Promise<void> {
  while (grammar.needsSpare) grammar.give(await makeInstance(instantiate));
}
