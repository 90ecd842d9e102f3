import { closure, type Graph } from "./tree.ts";

/**
 * Who may import whom. `may` says what a file of the folder names itself; `never` what it must not
 * lead to by any way. The first entry that fits a file counts.
 */
type Layer = { readonly of: RegExp; readonly may: readonly RegExp[]; readonly never?: RegExp };

const leaves = /^core\/[\w-]+\.ts$/;
const core = /^core\//;
const shells = /^(worker|durable-objects|store|cli|dashboard|demo|test|bench|scripts)\//;
const tests = /^(demo|test|bench)\//;

const LAYERS: readonly Layer[] = [
  { of: /^core\/zod\.ts$/, may: [/^zod$/] },
  { of: /^core\/(data|exchange)-path\.ts$/, may: [core], never: shells },
  { of: leaves, may: [leaves], never: shells },
  {
    of: /^core\/protocols\/index\.ts$/,
    may: [leaves, /^core\/protocols\/[\w-]+\//],
    never: shells,
  },
  {
    of: /^core\/protocols\/postgres\//,
    may: [leaves, /^core\/(sql|commandline|protocols\/postgres)\//],
    never: /^core\/(policy|recording|review)\//,
  },
  {
    of: /^core\/protocols\/http\//,
    may: [leaves, /^core\/protocols\/http\//],
    never: /^core\/(policy|recording|review|sql)\//,
  },
  { of: /^core\/policy\/yaml\.ts$/, may: [core, /^yaml$/] },
  { of: /^core\/policy\/condition\.ts$/, may: [core, /^@bufbuild\/cel$/] },
  { of: /^core\/policy\/check\.ts$/, may: [core, /^@marcbachmann\/cel-js$/] },
  { of: /^core\/masking\/regex\.ts$/, may: [core, /^re2js$/] },
  {
    of: /^core\/policy\//,
    may: [leaves, /^core\/(policy|masking)\//],
    never: /^core\/(protocols|data-path)/,
  },
  {
    of: /^core\/masking\//,
    may: [leaves, /^core\/(policy|masking)\//],
    never: /^core\/(protocols|data-path)/,
  },
  { of: core, may: [core], never: shells },
  {
    of: /^store\//,
    may: [/^store\//, core, /^drizzle-orm(\/|$)/],
    never: /^(worker|durable-objects)\//,
  },
  {
    of: /^durable-objects\/(catalog|console)\.ts$/,
    may: [/^(durable-objects|store|core)\//, /^cloudflare:/, /^node:(crypto|zlib)$/, /^postgres$/],
    never: /^(worker\/|hono|jose)/,
  },
  {
    of: /^durable-objects\/tunnel-socket\.ts$/,
    may: [/^core\//, /^node:events$/],
    never: /^(worker\/|hono|jose)/,
  },
  {
    of: /^durable-objects\//,
    may: [/^(durable-objects|store|core)\//, /^cloudflare:/, /^node:(crypto|zlib)$/],
    never: /^(worker\/|hono|jose)/,
  },
  {
    of: /^worker\/index\.ts$/,
    may: [/^(worker|core|store)\//, /^durable-objects\/[\w-]+\.ts$/],
  },
  {
    of: /^worker\//,
    may: [/^(worker|core|store)\//, /^hono(\/|$)/, /^(jose|zod|oauth4webapi)$/],
    never: /^(cloudflare:sockets|durable-objects\/)/,
  },
  {
    of: /^cli\//,
    may: [
      /^cli\//,
      leaves,
      /^core\/(tunnel|api|recording|rehearsal|policy|masking|sql)\//,
      /^core\/protocols\/[\w-]+\/(preface|seen(-\w+)?)\.ts$/,
      /^(ws|commander|open|package\.json)$/,
      /^node:/,
    ],
    never: /^(worker|durable-objects|store|demo|test)\//,
  },
  { of: /^dashboard\/vite\.config\.ts$/, may: [/^(vite|@tailwindcss\/vite)$/], never: core },
  {
    of: /^dashboard\/src\/parts\/hours-chart\.tsx$/,
    may: [/^dashboard\//, /^core\/api\//, /^react$/, /^uplot(\/|$)/],
    never: /^(worker|durable-objects|store|cli|demo|test|bench|scripts)\//,
  },
  {
    of: /^dashboard\//,
    may: [
      /^dashboard\//,
      /^core\/(api|recording)\//,
      /^core\/protocols\/[\w-]+\/seen(-\w+)?\.ts$/,
      /^core\/(bytes|command|tally|visible|zod|rehearsal\/words)\.ts$/,
      /^(react|react-dom\/client|@tanstack\/react-(query|router|virtual))$/,
      /^@(codemirror\/[\w-]+|lezer\/highlight)$/,
    ],
    never: /^(worker|durable-objects|store|cli|demo|test|bench|scripts)\//,
  },
  { of: /^scripts\//, may: [/^scripts\//, /^esbuild$/, /^node:/], never: tests },
  { of: tests, may: [/./] },
];

/** Sentences for each import that the table does not have. */
export function strangeImports(graph: Graph): string[] {
  return [...graph].flatMap(([path, imports]) => {
    const layer = LAYERS.find(({ of }) => of.test(path));
    if (layer === undefined) return [];
    const strange = imports
      .filter((target) => !layer.may.some((allowed) => allowed.test(target)))
      .map((target) => `${path} imports ${target}, which its layer may not.`);
    const { never } = layer;
    if (never === undefined) return strange;
    const reached = [...closure(graph, [path])].filter((target) => never.test(target));
    return [
      ...strange,
      ...reached.map((target) => `${path} leads to ${target}, which it never may.`),
    ];
  });
}

/** Where a program begins (drizzle-kit's with the schema); what no beginning leads to is dead. */
const PRODUCT_ENTRIES = [
  "worker/index.ts",
  "cli/main.ts",
  "store/schema.ts",
  "dashboard/src/main.tsx",
];
const isProduct = (path: string): boolean =>
  /^(core|worker|store|durable-objects|cli|dashboard\/src)\//.test(path) && !path.endsWith(".d.ts");
const HELPER_ENTRIES = [
  /^test\/.*(\.test|\.long|\/entry)\.ts$/,
  /^demo\/(start|token)\.ts$/,
  /^bench\/(main|(?:http-)?baseline)\.ts$/,
  /^scripts\/[\w-]+\.(ts|mjs)$/,
  /^(dashboard\/)?[\w.]+\.config\.ts$/,
];
/** vitest.config.ts names these by path. */
const NAMED = [
  "test/support/build-cli.ts",
  "test/support/build-dashboard.ts",
  "test/support/closing-line.ts",
];

export function nobodyImports(graph: Graph): string[] {
  const product = closure(graph, PRODUCT_ENTRIES);
  const paths = [...graph.keys()].filter((path) => !/\.d\.m?ts$/.test(path));
  const all = closure(graph, [
    ...PRODUCT_ENTRIES,
    ...NAMED,
    ...paths.filter((path) => HELPER_ENTRIES.some((entry) => entry.test(path))),
  ]);
  return paths.flatMap((path) => {
    if (!all.has(path)) return [`${path} is imported by nobody; use it or remove it.`];
    if (isProduct(path) && !product.has(path)) {
      return [`${path} is imported by tests alone; use it or remove it.`];
    }
    return [];
  });
}
