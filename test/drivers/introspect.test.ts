import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { useGate } from "./gate.ts";

const gate = useGate();
const run = promisify(execFile);
const drizzleKit = join(import.meta.dirname, "../../node_modules/drizzle-kit/bin.cjs");

/** What `drizzle-kit pull` writes of a database: a schema in TypeScript and relations. */
async function pulled(url: string): Promise<Readonly<Record<string, string>>> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-pull-"));
  try {
    const config = join(folder, "drizzle.config.json");
    const dbCredentials = { url };
    writeFileSync(
      config,
      JSON.stringify({ dialect: "postgresql", out: "./out", schema: "./none.ts", dbCredentials }),
    );
    await run(process.execPath, [drizzleKit, "pull", "--config", config], { cwd: folder });
    const out = join(folder, "out");
    const files = readdirSync(out).filter((name) => name.endsWith(".ts"));
    return Object.fromEntries(files.map((name) => [name, readFileSync(join(out, name), "utf8")]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("drizzle-kit pull writes the same schema as without a gate", async () => {
  const direct = await pulled(gate().direct);
  expect(direct["schema.ts"]).toContain('pgTable("employees"');
  expect(await pulled(gate().gate)).toEqual(direct);
});
