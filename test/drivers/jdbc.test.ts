import { join } from "node:path";
import { expect, test } from "vitest";
import { JDBC_JAR, needs } from "../support/tools.ts";
import { run, useGate } from "./gate.ts";

const gate = useGate();

/** By feature, what the driver saw. */
type Seen = ReadonlyMap<string, string>;

let runs: Promise<{ direct: Seen; through: Seen }> | undefined;

/** The program runs once without the gateway, then once through it. */
const both = (): Promise<{ direct: Seen; through: Seen }> => (runs ??= drive());

async function drive(): Promise<{ direct: Seen; through: Seen }> {
  const direct = await see(gate().direct);
  return { direct, through: await see(gate().gate) };
}

async function see(url: string): Promise<Seen> {
  const { hostname, port, pathname, username, password } = new URL(url);
  const address = `jdbc:postgresql://${hostname}:${port}${pathname}?sslmode=disable`;
  const program = join(import.meta.dirname, "Drive.java");
  const login = `&user=${username}&password=${password}`;
  const { stdout, stderr } = await run("java", ["-cp", JDBC_JAR, program, address + login]);
  if (stdout === "") throw new Error(stderr);
  const lines = stdout.trimEnd().split("\n");
  return new Map(lines.map((line) => line.split("\t") as [string, string]));
}

test.for([
  "queries",
  "simple_queries",
  "prepared_at_once",
  "prepared_later",
  "binary",
  "fetch_size",
  "batch",
  "rewritten_batch",
  "copy",
  "error_and_after",
  "autosave",
  "cancel",
  "metadata",
])("JDBC sees the same without a gateway: %s", async (feature, context) => {
  needs(context, "jdbc");
  const { direct, through } = await both();
  expect(direct.get(feature)).not.toMatch(/^failed/);
  expect(through.get(feature)).toBe(direct.get(feature));
});

test.for(["masked_text", "masked_binary", "masked_copy"])(
  "JDBC sees nothing that is masked: %s",
  async (feature, context) => {
    needs(context, "jdbc");
    const { direct, through } = await both();
    const clear = /customer10@|555-0310|1984-01-12|510-63-4950|4000056601108669/;
    expect(direct.get(feature)).toMatch(clear);
    expect(through.get(feature)).toContain("[redacted]");
    expect(through.get(feature)).not.toMatch(clear);
  },
);

test("JDBC takes a refusal for an error of the server", async (context) => {
  needs(context, "jdbc");
  const { through } = await both();
  expect(through.get("refused")).toBe("42501, done, 42501, 25P02, usable");
});
