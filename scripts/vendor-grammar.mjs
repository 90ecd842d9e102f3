// Makes core/sql/grammar/libpg-query.{mjs,wasm} from the npm package libpg-query, so that it
// loads in workerd: no environment sniffing, an ES module, and 34 MiB of initial memory instead
// of 128 MiB (a Worker has 128 MB in all; static data and stack end at 32.92 MiB, the heap begins
// above).
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PACKAGE = new URL("../node_modules/libpg-query/wasm/", import.meta.url);
const HERE = fileURLToPath(new URL("../core/sql/grammar/", import.meta.url));
const MEMORY_SECTION = 5;
const INITIAL_PAGES = 544;

const EDITS = [
  [/var ENVIRONMENT_IS_WORKER=!!globalThis\.WorkerGlobalScope/g, "var ENVIRONMENT_IS_WORKER=false"],
  [
    /var ENVIRONMENT_IS_NODE=globalThis\.process\?\.versions\?\.node&&[\w.?]+!="renderer"/g,
    "var ENVIRONMENT_IS_NODE=false",
  ],
  [/if\(typeof exports==="object"[\s\S]*$/g, "export default PgQueryModule;\n"],
];

/**
 * Each edit must fit exactly once: an upgrade that moves the glue fails here, not in production.
 */
function editGlue(source) {
  let glue = source;
  for (const [pattern, replacement] of EDITS) {
    const found = [...glue.matchAll(pattern)].length;
    if (found !== 1) throw new Error(`${pattern} fits ${found} times, not once`);
    glue = glue.replace(pattern, () => replacement);
  }
  const notice = "Generated from npm libpg-query (MIT) by scripts/vendor-grammar.mjs. Do not edit.";
  return `// ${notice}\n${glue}`;
}

/** WebAssembly core specification 5.2.2: unsigned LEB128. */
function leb128(value) {
  const bytes = [];
  for (let rest = value; ; rest >>>= 7) {
    bytes.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) return Buffer.from(bytes);
  }
}

function reader(bytes, start) {
  let at = start;
  return {
    at: () => at,
    byte: () => bytes[at++],
    number() {
      for (let value = 0, scale = 1; ; scale *= 128) {
        const byte = bytes[at++];
        value += (byte & 127) * scale;
        if (byte < 128) return value;
      }
    },
  };
}

/** Rewrites the minimum in the one memory section; all other bytes stay. */
function shrinkMemory(wasm) {
  const parts = [wasm.subarray(0, 8)];
  let edited = 0;
  for (let start = 8; start < wasm.length;) {
    const read = reader(wasm, start);
    const id = read.byte();
    const length = read.number();
    const end = read.at() + length;
    if (id === MEMORY_SECTION) {
      if (read.number() !== 1 || read.byte() !== 1) throw new Error("not one bounded memory");
      read.number();
      const body = Buffer.concat([
        Buffer.from([1, 1]),
        leb128(INITIAL_PAGES),
        leb128(read.number()),
      ]);
      parts.push(Buffer.from([MEMORY_SECTION]), leb128(body.length), body);
      edited++;
    } else parts.push(wasm.subarray(start, end));
    start = end;
  }
  if (edited !== 1) throw new Error(`${edited} memory sections, not one`);
  return Buffer.concat(parts);
}

export function vendor(folder) {
  const glue = editGlue(readFileSync(new URL("libpg-query.js", PACKAGE), "utf8"));
  const wasm = shrinkMemory(readFileSync(new URL("libpg-query.wasm", PACKAGE)));
  new WebAssembly.Module(wasm);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/libpg-query.mjs`, glue);
  writeFileSync(`${folder}/libpg-query.wasm`, wasm);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) vendor(HERE);
