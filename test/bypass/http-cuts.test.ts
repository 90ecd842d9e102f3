import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { cutAt } from "../support/http-upstream/call.ts";
import { useHttpGate } from "../support/http-gate.ts";
import { ask } from "./http-client.ts";
import { POLICY } from "./http-policy.ts";
import { SSN, VALUE } from "./http-rows/answer.ts";

/*
 * Short bodies of every kind, cut by the service at each byte in turn, through the deployed Worker.
 * (test/core/exchange.test.ts does it to longer ones, without a network.)
 */

const gate = useHttpGate({ policy: POLICY });

const JSON_BODY = Buffer.from(`{"s\\u0065cret":"${VALUE}","é":"${SSN}"}`);
const plain = (type: string, body: string | Buffer) =>
  [type, "identity", Buffer.from(body)] as const;

const BODIES = [
  plain("application/json", JSON_BODY),
  plain("application/x-ndjson", `{"secret":"${VALUE}"}\n{"secret":{"a":1}}\n`),
  plain("text/event-stream", `id: 1\r\ndata: {"secret":"${VALUE}"}\r\n\r\ndata: ${SSN}\n\n`),
  plain("text/csv", `id,secret\r\n1,"${VALUE}\r\n"""\r\n2,x\r\n`),
  plain("application/x-www-form-urlencoded", `a=%20&s%65cret=${VALUE}&b=${SSN}`),
  plain("text/plain", `to ${SSN}.\r\nand é ${SSN}`),
  ["application/json", "gzip", gzipSync(JSON_BODY)],
  ["application/json", "br", brotliCompressSync(JSON_BODY)],
  ["application/json", "deflate", deflateSync(JSON_BODY)],
] as const;

describe("cut at each byte, the same leaves", () => {
  test.for(BODIES)("%s, %s", async ([type, coding, bytes]) => {
    const authorization = `Bearer ${await gate().token("ada")}`;
    const through = async (pieces: readonly Buffer[]): Promise<string> => {
      const coded = coding === "identity" ? [] : [["content-encoding", coding] as const];
      gate().upstream.told.set("/cut", { headers: [["content-type", type], ...coded], pieces });
      const headers = { authorization, "accept-encoding": coding };
      const { body, status, cut } = await ask(`${gate().url}/http/svc/cut`, { headers });
      return JSON.stringify({ status, cut, body: body.toString("latin1") });
    };
    const whole = await through([bytes]);
    expect(whole).toContain('"cut":false');
    expect(whole).toContain("redacted");
    for (const hidden of [VALUE, SSN]) expect(whole).not.toContain(hidden);
    for (let at = 1; at < bytes.length; at++) {
      expect(await through(cutAt(bytes, [at])), `cut at ${at}`).toBe(whole);
    }
    expect(await through([...bytes].map((byte) => Buffer.of(byte)))).toBe(whole);
  });
});
