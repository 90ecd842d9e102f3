import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { needs, PYTHON } from "../support/tools.ts";
import { run } from "./gate.ts";
import { CLEAR, type Service, useServices } from "./services.ts";

const services = useServices();
beforeEach((context) => needs(context, "requests"));

/** By feature, what Python's requests saw; one that failed says why. */
type Seen = Readonly<Record<string, unknown>>;
type Way = Service | "direct";

const runs = new Map<Way, Promise<Seen>>();

/** The script runs once each way. */
function seen(way: Way): Promise<Seen> {
  const known = runs.get(way) ?? drive(way);
  runs.set(way, known);
  return known;
}

async function drive(way: Way): Promise<Seen> {
  const { direct, url, token } = services();
  const args = way === "direct" ? [direct("node", "")] : [url(way, ""), token];
  const script = join(import.meta.dirname, "with_requests.py");
  const { stdout, stderr } = await run(PYTHON, [script, ...args]);
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as Seen;
}

describe("Python's requests", () => {
  test.for([
    "documents",
    "codings",
    "text",
    "pieces",
    "lines",
    "events",
    "statuses",
    "raised",
    "redirected",
    "not_changed",
    "part",
    "posted",
    "form",
    "uploaded",
    "broken",
  ])("sees the same without a gateway: %s", async (feature) => {
    const [direct, through] = [await seen("direct"), await seen("node")];
    expect(JSON.stringify(direct[feature])).not.toMatch(/^"\w+(Error|Exception): /);
    expect(through[feature]).toEqual(direct[feature]);
  });

  test.for(["documents", "codings", "text", "pieces", "lines", "events"])(
    "sees nothing that is masked: %s",
    async (feature) => {
      const [direct, masked] = [await seen("direct"), await seen("node-masked")];
      const shown = (from: Seen) => {
        const text = JSON.stringify(from[feature]);
        return CLEAR.filter((secret) => text.includes(secret));
      };
      expect(shown(direct)).not.toEqual([]);
      expect(shown(masked)).toEqual([]);
      expect(JSON.stringify(masked[feature])).toContain("[redacted");
    },
  );

  test("gets the whole where it asks for a part of what is masked", async () => {
    const masked = await seen("node-masked");
    expect(masked["not_changed"]).toBe(200);
    expect(masked["part"]).toEqual([200, null, expect.stringContaining("[redacted")]);
  });
});
