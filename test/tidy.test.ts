import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { nobodyImports, strangeImports } from "./support/tidy/layers.ts";
import * as rules from "./support/tidy/text.ts";
import { closure, files, graphOf, importsOf, isGenerated, read } from "./support/tidy/tree.ts";

const root = join(import.meta.dirname, "..");
const all = files().filter((path) => !isGenerated(path));
const code = all.filter((path) => /\.(tsx?|mjs|css|sql|toml|yaml)$/.test(path));
const pages = all.filter((path) => path.endsWith(".md"));
const texts = all.filter((path) =>
  /\.(tsx?|mjs|css|sql|toml|yaml|json|md|html)$|^\.ci\/run$/.test(path),
);
/** Its own words are its subject. */
const spoken = texts.filter((path) => !/^test\/(tidy\.test|support\/tidy\/\w+)\.ts$/.test(path));
const graph = graphOf(all);

type Rule = (path: string, text: string) => string[];
const broken = (rule: Rule, paths: readonly string[]): string[] =>
  paths.flatMap((path) => rule(path, read(path)));

/** Shows every sentence, not the first few. */
const nothing = (found: readonly string[]): void =>
  expect(found, `\n${found.join("\n")}\n`).toHaveLength(0);

describe("the house rules hold", () => {
  test("lines are short enough to read side by side", () => {
    nothing(broken(rules.longLines, code));
  });
  test("files are short enough to hold in mind", () => {
    nothing(broken(rules.longFile, code));
  });
  test("words do what they say, today", () => {
    nothing(broken(rules.words, spoken));
  });
  test("nothing tells whose machine or registry it was written on", () => {
    nothing(broken(rules.revealing, [...spoken, "package-lock.json"]));
  });
  test("core reads no clock and rolls no dice", () => {
    const core = code.filter((path) => path.startsWith("core/"));
    nothing(broken(rules.impure, core));
  });
  test("everybody imports only what the table allows", () => {
    nothing(strangeImports(graph));
  });
  test("every file is imported by somebody", () => {
    nothing(nobodyImports(graph));
  });
  test("a page has one title", () => {
    nothing(broken(rules.titles, pages));
  });
  test("links lead somewhere", () => {
    const dead = pages.flatMap((page) =>
      rules
        .links(page, read(page))
        .filter((target) => !existsSync(join(root, target)))
        .map((target) => `${page} links to ${target}, which is not there.`),
    );
    nothing(dead);
  });
  test("a Worker's bindings have the names and no others that its types have", () => {
    const toml = read("wrangler.toml");
    const [, secrets = ""] = /^required = \[([\s\S]*?)^\]/m.exec(toml) ?? [];
    const variables = /^\[vars\]\n([\s\S]*?)\n\[/m.exec(toml)?.[1] ?? "";
    const named = [
      ...[...toml.matchAll(/^binding = "(\w+)"/gm)].map(([, name]) => name),
      ...[...toml.matchAll(/bindings\]\]\nname = "(\w+)"/g)].map(([, name]) => name),
      ...[...variables.matchAll(/^(\w+) =/gm)].map(([, name]) => name),
      ...[...secrets.matchAll(/^\s*"(\w+)"/gm)].map(([, name]) => name),
    ];
    const typed = [...read("env.d.ts").matchAll(/^ {2}readonly (\w+):/gm)].map(([, name]) => name);
    expect(new Set(named)).toEqual(new Set(typed));
  });
});

describe("the lock file", () => {
  type Package = { optionalDependencies?: Record<string, string> };
  const lock = JSON.parse(read("package-lock.json")) as { packages: Record<string, Package> };
  const names = new Set(
    Object.keys(lock.packages).map((path) => path.split("node_modules/").at(-1)),
  );

  test("has every optional package that it names, for every platform", () => {
    const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => !names.has(name))
        .map((name) => `${path || "the root"} names ${name}; \`npm ci\` would fail.`),
    );
    nothing(missing);
  });
  test("pins what package.json pins, exactly", () => {
    type Wanted = Record<"dependencies" | "devDependencies", Record<string, string>>;
    const { dependencies, devDependencies } = JSON.parse(read("package.json")) as Wanted;
    const loose = Object.entries({ ...dependencies, ...devDependencies })
      .filter(([, version]) => !/^\d/.test(version))
      .map(([name, version]) => `${name} is ${version}; pin one version.`);
    nothing(loose);
  });
});

describe("each rule finds what it is for", () => {
  test("a line of 101 columns, not one of 100", () => {
    expect(rules.longLines("a.ts", `${"x".repeat(100)}\n${"x".repeat(101)}`)).toEqual([
      "a.ts:2 has 101 columns; break it at 100.",
    ]);
  });
  test("a file of 401 lines, not one of 400", () => {
    expect(rules.longFile("a.ts", "x\n".repeat(400))).toEqual([]);
    expect(rules.longFile("a.ts", "x\n".repeat(401))).toHaveLength(1);
  });
  test.for([
    ["// TODO: later", "do it now"],
    ["enough for now", "until when"],
    ["see issue #12", "what it was about"],
    ["a whitelist", "allow list"],
  ])("the word in %j", ([text = "", advice]) => {
    expect(rules.words("a.md", text)).toEqual([expect.stringContaining(advice ?? "")]);
  });
  test.for([
    "/home/someone/x",
    'see "/root/x"',
    "https://registry.example.com/",
    '"resolved": "x"',
  ])("what %j reveals", (text) => {
    expect(rules.revealing("a.md", text)).toHaveLength(1);
  });
  test("no path in a relative import or a URL", () => {
    expect(rules.revealing("a.ts", 'import "../work/a.ts"; "https://x.example/home/a"')).toEqual(
      [],
    );
  });
  test("a clock and dice in core", () => {
    expect(rules.impure("core/a.ts", "Date.now()\nnew Date()\nMath.random()")).toHaveLength(3);
    expect(rules.impure("core/a.ts", "new Date(now)")).toEqual([]);
  });
  test("two titles, none in a code block", () => {
    expect(rules.titles("a.md", "# A\n```\n# comment\n```\n")).toEqual([]);
    expect(rules.titles("a.md", "# A\n# B\n")).toHaveLength(1);
    expect(rules.titles("a.md", "text\n")).toHaveLength(1);
  });
  test("links relative to their page", () => {
    const text = "[a](b.md#part) [c](https://x.example) [d](#here) [e](../f.md)";
    expect(rules.links("docs/a.md", text)).toEqual(["docs/b.md", "f.md"]);
  });
  test("imports of every kind, and none in a comment", () => {
    const source =
      'import "./a.ts";\nimport type { B } from "zod";\n// from "./c.ts"\nimport("./d.ts")';
    expect(importsOf("x/y.ts", source)).toEqual(["x/a.ts", "zod", "x/d.ts"]);
  });
  test("an import across layers, directly and by a detour", () => {
    const protocol = "core/protocols/postgres/engine.ts";
    const direct = new Map([[protocol, ["core/policy/decide.ts"]]]);
    expect(strangeImports(direct)).toHaveLength(2);
    const detour = new Map([
      [protocol, ["core/sql/x.ts"]],
      ["core/sql/x.ts", ["core/policy/decide.ts"]],
    ]);
    expect(strangeImports(detour)).toEqual([
      `${protocol} leads to core/policy/decide.ts, which it never may.`,
    ]);
  });
  test("a file that tests alone import", () => {
    const found = nobodyImports(
      new Map([
        ["store/a.ts", []],
        ["test/a.test.ts", ["store/a.ts"]],
      ]),
    );
    expect(found).toEqual(["store/a.ts is imported by tests alone; use it or remove it."]);
  });
  test("a closure ends also where imports go round", () => {
    const graph = new Map([
      ["a", ["b"]],
      ["b", ["a"]],
    ]);
    expect(closure(graph, ["a"])).toEqual(new Set(["a", "b"]));
  });
});
