import { readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { build, type Plugin } from "esbuild";

const root = join(import.meta.dirname, "..");

/** One file of a Worker, as Miniflare takes it. */
export type Module = {
  type: "ESModule" | "CompiledWasm";
  path: string;
  contents: string | Uint8Array<ArrayBuffer>;
};

/**
 * Bundles a Worker the way `wrangler deploy` does: one ES module, WebAssembly beside it (compiling
 * at run time is forbidden on Workers), the platform's own modules left outside. `more`: what a
 * test wants to be otherwise in it.
 */
export async function bundleWorker(
  entry = join(root, "worker/index.ts"),
  more: readonly Plugin[] = [],
): Promise<Module[]> {
  const wasm = new Map<string, Module>();
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    target: "es2024",
    write: false,
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*", "cloudflare:*"],
    logLevel: "warning",
    plugins: [wasmBeside(wasm), ...more],
  });
  const script = result.outputFiles[0]?.text ?? "";
  return [{ type: "ESModule", path: "index.mjs", contents: script }, ...wasm.values()];
}

const wasmBeside = (found: Map<string, Module>): Plugin => ({
  name: "wasm beside the script",
  setup(builder) {
    builder.onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
      const name = basename(path);
      const contents = new Uint8Array(readFileSync(resolve(resolveDir, path)));
      found.set(name, { type: "CompiledWasm", path: name, contents });
      return { path: `./${name}`, external: true };
    });
  },
});
