import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { needs, PYTHON, type Tool } from "../support/tools.ts";
import { run, useGate } from "./gate.ts";

const gate = useGate();

/** By feature, what a driver saw; a feature that failed says why. */
type Seen = Readonly<Record<string, unknown>>;

const DRIVERS = {
  psycopg2: {
    same: ["queries", "server_side_cursor", "batches", "copy", "error_and_after", "large_values"],
    masked: ["masked_text", "masked_copy"],
    refused: { refused: ["42501", "25P02", "usable"] },
  },
  psycopg: {
    same: [
      "queries",
      "prepared",
      "binary_cursor",
      "server_side_cursor",
      "pipeline",
      "pipeline_with_error",
      "executemany",
      "copy",
      "copy_given_up",
      "cancel",
      "error_and_after",
    ],
    masked: ["masked_text", "masked_binary", "masked_copy"],
    refused: {
      refused: ["42501", "42501", "usable"],
      refused_in_pipeline: [1, "42501", "usable"],
    },
  },
  asyncpg: {
    same: [
      "queries",
      "types",
      "prepared",
      "cursors",
      "executemany",
      "copy",
      "notifications",
      "cancel",
      "error_and_after",
    ],
    masked: ["masked_binary", "masked_copy"],
    refused: { refused: ["42501", "42501", "usable"] },
  },
} as const satisfies Partial<Record<Tool, unknown>>;

const runs = new Map<string, Promise<{ direct: Seen; through: Seen }>>();

/** Each script runs once without the gateway, then once through it. */
function both(driver: string): Promise<{ direct: Seen; through: Seen }> {
  const known = runs.get(driver) ?? drive(driver);
  runs.set(driver, known);
  return known;
}

async function drive(driver: string): Promise<{ direct: Seen; through: Seen }> {
  const see = async (url: string): Promise<Seen> => {
    const { stdout, stderr } = await run(PYTHON, [
      join(import.meta.dirname, `with_${driver}.py`),
      url,
    ]);
    if (stdout === "") throw new Error(stderr);
    return JSON.parse(stdout) as Seen;
  };
  const direct = await see(gate().direct);
  return { direct, through: await see(gate().gate) };
}

describe.for(Object.entries(DRIVERS))("%s", ([driver, { same, masked, refused }]) => {
  const tool = driver as keyof typeof DRIVERS;

  test.for([...same])("sees the same without a gateway: %s", async (feature, context) => {
    needs(context, tool);
    const { direct, through } = await both(driver);
    expect(JSON.stringify(direct[feature])).not.toMatch(/^"\w+(Error|Name|Exception): /);
    expect(through[feature]).toEqual(direct[feature]);
  });

  test.for([...masked])("sees nothing that is masked: %s", async (feature, context) => {
    needs(context, tool);
    const { direct, through } = await both(driver);
    const clear = /customer10@|555-0310|1984-01-12|510-63-4950|4000056601108669/;
    expect(JSON.stringify(direct[feature])).toMatch(clear);
    expect(JSON.stringify(through[feature])).toContain("[redacted]");
    expect(JSON.stringify(through[feature])).not.toMatch(clear);
  });

  test.for(Object.entries(refused))(
    "takes a refusal for an error of the server: %s",
    async ([feature, expected], context) => {
      needs(context, tool);
      expect((await both(driver)).through[feature]).toEqual(expected);
    },
  );
});
