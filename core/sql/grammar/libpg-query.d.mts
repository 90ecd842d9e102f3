/** The Emscripten module behind the grammar, as far as `instance.ts` uses it. */
export type LibPgQuery = {
  readonly HEAPU8: Uint8Array;
  readonly HEAPU32: Uint32Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  _wasm_parse_query_raw(text: number): number;
  _wasm_free_parse_result(result: number): void;
  UTF8ToString(pointer: number): string;
};

/**
 * `instantiateWasm` gets the imports and hands the instance to `done`: the shell owns WebAssembly
 * (in workerd the compiled module must be imported; compiling at run time is forbidden).
 */
export default function PgQueryModule(options: {
  instantiateWasm(imports: object, done: (instance: any) => void): object;
  print?: (line: string) => void;
  printErr?: (line: string) => void;
}): Promise<LibPgQuery>;
