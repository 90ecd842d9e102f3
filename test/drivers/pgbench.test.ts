import { beforeAll, expect, test } from "vitest";
import { needs } from "../support/tools.ts";
import { psql, run, useGate } from "./gate.ts";

const gate = useGate();
const bench = (...args: string[]) => run("pgbench", [...args, gate().gate]);
let initialised: Awaited<ReturnType<typeof bench>>;

beforeAll(async () => {
  initialised = await bench("-i", "-q", "--foreign-keys");
});

test("pgbench makes its tables and fills them by COPY", async (context) => {
  needs(context, "pgbench", "psql");
  expect(initialised).toMatchObject({ code: 0, stdout: "" });
  const count = "select count(*), sum(abalance) from pgbench_accounts;";
  expect((await psql(gate().direct, count)).stdout).toBe("100000|0\n");
});

test.for([
  ["simple", "-S"],
  ["extended", "-S"],
  ["prepared", "-S"],
  ["simple", "-N"],
  ["extended", "-N"],
  ["prepared", "-N"],
] as const)("four clients, %s protocol, %s", async ([protocol, script], context) => {
  needs(context, "pgbench");
  const load = ["-n", "-c", "4", "-j", "2", "-t", "50", "-M", protocol, script];
  const { code, stdout, stderr } = await bench(...load);
  expect(stderr).not.toContain("error");
  expect(code).toBe(0);
  expect(stdout).toContain("number of transactions actually processed: 200/200");
  expect(stdout).toContain("number of failed transactions: 0 (0.000%)");
});

test("TPC-B keeps its invariant: balances add up to the history", async (context) => {
  needs(context, "pgbench", "psql");
  const { code } = await bench("-n", "-c", "4", "-j", "2", "-t", "50", "-M", "prepared");
  expect(code).toBe(0);
  const sums = `select (select sum(delta) from pgbench_history) = (select sum(abalance)
from pgbench_accounts) and (select sum(tbalance) from pgbench_tellers) <> 0;`;
  expect((await psql(gate().gate, sums)).stdout).toBe("t\n");
});
