import { describe, expect, test } from "vitest";
import { CREDENTIAL, useHttpGate } from "../support/http-gate.ts";
import { canaryIn } from "./canary.ts";
import { ask, type Got } from "./http-client.ts";
import { POLICY } from "./http-policy.ts";
import { type AnswerRow, SSN } from "./http-rows/answer.ts";
import { ANSWERS } from "./http-rows/answers.ts";
import { WIRE } from "./http-rows/wire.ts";

/*
 * What a service answers, and what of it reaches a client through the deployed Worker: masked
 * exactly so, or nothing, never in part of a value, and never without a word.
 */

const gate = useHttpGate({ policy: POLICY });
let token: Promise<string> | null = null;

async function asked(path: string, { method, ask: more = {} }: Partial<AnswerRow>): Promise<Got> {
  token ??= gate().token("ada");
  const authorization = `Bearer ${await token}`;
  const headers = { authorization, "accept-encoding": "gzip, br, deflate", ...more };
  return ask(`${gate().url}/http/svc${path}`, { method: method ?? "GET", headers });
}

/** Any of the values, in any byte that came. */
function leakIn(got: Got): string | null {
  for (const bytes of [got.raw, got.body, Buffer.from(JSON.stringify(got.headers))]) {
    const text = bytes.toString("latin1");
    const found = [SSN, "4242424242424242", CREDENTIAL].find((one) => text.includes(one));
    const told = canaryIn(text) ?? found ?? null;
    if (told !== null) return told;
  }
  return null;
}

function judge(row: AnswerRow, got: Got): void {
  expect(leakIn(got)).toBeNull();
  const refusal = got.status === 502 && got.headers["content-type"] === "application/problem+json";
  const what = refusal ? "refused" : got.cut ? "cut" : "shows";
  if (row.expect === "refused or cut") return expect(["refused", "cut"]).toContain(what);
  expect(what).toBe(row.expect);
  if (what === "refused") return expect(got.body.toString()).toMatch(/"detail":"[^"]{12,}/);
  if (what === "cut") return;
  expect(got.body.toString("latin1")).toBe(Buffer.from(row.shows ?? "").toString("latin1"));
  expect(got.status).toBe(row.status ?? row.told.status ?? 200);
}

describe("answers", () => {
  test.for(ANSWERS.map((row) => [`${row.expect}: ${row.about}`, row] as const))(
    "%s",
    async ([, row]) => {
      gate().upstream.told.set("/told", row.told);
      const before = gate().upstream.seen.length;
      const got = await asked("/told", row);
      judge(row, got);
      for (const [name, value] of Object.entries(row.headers ?? {})) {
        // Where a value must be gone, whether the header itself is gone is the gate's affair.
        if (value !== null) expect(got.headers[name]).toBe(value);
        else if (!/location|link|refresh/.test(name)) expect(got.headers[name]).toBeUndefined();
      }
      expect(gate().upstream.seen.length - before, "asked once").toBe(1);
    },
  );
});

describe("what is hardly an answer: refused, cut or without the value", () => {
  test.for(WIRE)("%s", async ([, bytes]) => {
    token ??= gate().token("ada");
    gate().upstream.told.delete("/told");
    const headers = { authorization: `Bearer ${await token}`, "content-type": "text/plain" };
    const url = `${gate().url}/http/svc`;
    const before = await ask(`${url}/json?n=1`, { headers });
    gate().upstream.told.set("/told", ({ request }) => void request.socket.end(Buffer.from(bytes)));
    const got = await ask(`${url}/told`, { headers });
    expect(leakIn(got)).toBeNull();
    expect(got.status).toBeLessThan(600);
    if (got.status >= 500) expect(got.body.toString()).toMatch(/"detail":"[^"]{12,}/);
    const after = await ask(`${url}/json?n=1`, { headers });
    expect(after.status).toBe(200);
    expect(after.headers["sluice-session"]).toBe(before.headers["sluice-session"]);
  });
});
