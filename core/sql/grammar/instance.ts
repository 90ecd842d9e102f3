import { text as decode } from "../../bytes.ts";
import { sqlBytesMax } from "../../limits.ts";
import type { Grammar, Parsed, Tree } from "../grammar.ts";
import factory, { type LibPgQuery } from "./libpg-query.mjs";

/**
 * One instance of the wasm parser. A trap leaves it unusable: its stack and memory contexts are
 * not unwound.
 */
export type Instance = LibPgQuery;

/** Wasm memory never shrinks: an instance that one statement has blown up is given back. */
const heapBytesMax = 64 * 1024 * 1024;

/**
 * `{ tree: char*, stderr: char*, error: Error* }`; Error begins with its message and has
 * `cursorpos` at byte 16.
 */
const RESULT_ERROR = 8;
const ERROR_CURSOR = 16;

const TOO_COMPLEX: Parsed = { is: "too complex" };

/** Makes an instance; `instantiate` is the shell's `new WebAssembly.Instance(module, imports)`. */
export const makeInstance = (instantiate: (imports: object) => unknown): Promise<Instance> =>
  factory({
    instantiateWasm(imports, done) {
      done(instantiate(imports));
      return {};
    },
    print() {},
    printErr() {},
  });

/**
 * One live instance and one spare. The shell calls `give` until `needsSpare` is false, again
 * before it feeds another input: `parse` itself never waits.
 */
export class SpareGrammar implements Grammar {
  private readonly instances: Instance[] = [];

  get needsSpare(): boolean {
    return this.instances.length < 2;
  }

  give(instance: Instance): void {
    this.instances.push(instance);
  }

  parse(text: Uint8Array): Parsed {
    if (text.length > sqlBytesMax) return TOO_COMPLEX;
    // The C parser would stop at a NUL and never see what follows.
    const nul = text.indexOf(0);
    if (nul >= 0) return { is: "syntax error", message: "NUL in statement", at: nul };
    const instance = this.instances[0];
    if (instance === undefined) return TOO_COMPLEX;
    try {
      const parsed = parseWith(instance, text);
      if (instance.HEAPU8.length > heapBytesMax) this.instances.shift();
      return parsed;
    } catch {
      this.instances.shift();
      return TOO_COMPLEX;
    }
  }
}

/** Throws on anything but a tree or a syntax error: the caller drops the instance then. */
function parseWith(instance: Instance, text: Uint8Array): Parsed {
  const pointer = instance._malloc(text.length + 1);
  if (pointer === 0) throw new Error("out of memory");
  instance.HEAPU8.set(text, pointer);
  instance.HEAPU8[pointer + text.length] = 0;
  const result = instance._wasm_parse_query_raw(pointer);
  const parsed = read(instance, result);
  instance._free(pointer);
  instance._wasm_free_parse_result(result);
  return parsed;
}

function read(instance: Instance, result: number): Parsed {
  if (result === 0) throw new Error("no result");
  const word = (at: number): number => instance.HEAPU32[at >> 2] as number;
  const error = word(result + RESULT_ERROR);
  if (error !== 0) {
    const message = instance.UTF8ToString(word(error));
    return { is: "syntax error", message, at: word(error + ERROR_CURSOR) - 1 };
  }
  // A failed strdup gives no error and no tree: never to be taken for "no statements".
  const json = word(result);
  if (json === 0) throw new Error("empty tree");
  const { HEAPU8: heap } = instance;
  const printed = decode(heap.subarray(json, heap.indexOf(0, json)));
  return { is: "tree", tree: JSON.parse(printed) as Tree };
}
