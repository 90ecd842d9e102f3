import { once } from "node:events";
import { request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import type { ReviewView } from "../../core/api/review.ts";
import { ROUTES } from "../../core/api/routes.ts";
import { ask, type Got } from "../bypass/http-client.ts";
import { useHttpGate } from "../support/http-gate.ts";
import { replyJson } from "../support/http-upstream/call.ts";
import { eventually } from "./edge.ts";

/*
 * A service that does not begin its answer in time is given up; one that has begun may take as long
 * as it likes. `quick` waits for two seconds, `patient` for as long as services have by themselves.
 */

const gate = useHttpGate({
  policy: (url) => `
resources:
  - { name: quick, type: http, url: "${url}", network: private, unreadable: pass, timeout: 2 }
  - { name: patient, type: http, url: "${url}", network: private, unreadable: pass }
grants:
  - { id: all, groups: [engineers], resources: [quick, patient], access: [read, write] }
guardrails:
  - { id: held, when: 'http.path == "/held"', then: review, reviewers: [leads] }
roles: { admin: [admins], auditor: [auditors], reviewer: [leads] }
`,
});

const second = 1_000;
let ada: string;
beforeAll(async () => {
  ada = await gate().token("ada");
});

const call = (path: string, method = "GET"): Promise<Got> =>
  ask(`${gate().url}/http${path}`, { method, headers: { authorization: `Bearer ${ada}` } });

const problemOf = ({ body }: Got) => JSON.parse(body.toString()) as { code: string };

/** A path whose answer begins when the test says so; `left`: nobody waits for it any more. */
function late(path: string) {
  let answer: () => void = () => {};
  let gone: () => void = () => {};
  const asked = new Promise<void>((resolve) => (answer = resolve));
  const left = new Promise<void>((resolve) => (gone = resolve));
  gate().upstream.told.set(path, async (one) => {
    one.response.on("close", gone);
    await asked;
    replyJson(one, { late: true });
  });
  return { answer, left };
}

describe("a service that does not begin its answer in time", () => {
  it("is answered for by 504, recorded as failed, and hears that nobody waits", async () => {
    const { left } = late("/never");
    const got = await call("/quick/never", "POST");
    expect(got.status).toBe(504);
    expect(problemOf(got)).toMatchObject({
      status: 504,
      code: "timeout",
      detail: "127.0.0.1 did not answer within 2 seconds.",
    });
    await left;
    const records = await eventually(async () => {
      const all = await gate().records(got.headers["sluice-session"] ?? "");
      return all.some(({ kind }) => kind === "failed") && all;
    });
    const found = records.map(({ kind, fact }) => ({ kind, ...fact }));
    expect(found).toContainEqual({ kind: "failed", sqlstate: "504", from: "upstream" });
    expect(found).toContainEqual(expect.objectContaining({ kind: "response", status: 504 }));
  });

  it("that answers after that is not heard, and the session goes on", async () => {
    const { answer, left } = late("/late");
    const got = await call("/quick/late");
    answer();
    await left;
    const next = await call("/quick/json");
    expect([got.status, next.status]).toEqual([504, 200]);
    expect(next.headers["sluice-session"]).toBe(got.headers["sluice-session"]);
  });

  it("is waited for longer where its resource does not say", async () => {
    const { answer } = late("/slowly");
    const asked = call("/patient/slowly");
    expect((await call("/quick/slowly")).status).toBe(504);
    answer();
    const got = await asked;
    expect([got.status, got.body.toString()]).toEqual([200, '{"late":true}']);
  });
});

describe("no time-out has", () => {
  it("an answer that has begun", async () => {
    const got = await call(`/quick/slow?after=head&ms=${2.5 * second}`);
    expect([got.status, got.cut]).toEqual([200, false]);
    gate().upstream.told.set("/lull", async ({ response }) => {
      response.writeHead(200, { "content-type": "text/plain", "content-length": "4" });
      response.flushHeaders();
      await pause(2.5 * second);
      response.end("told");
    });
    const lull = await call("/quick/lull");
    expect([lull.status, lull.body.toString(), lull.cut]).toEqual([200, "told", false]);
  });

  it("a request that waits for people", async () => {
    gate().upstream.told.set("/held", { pieces: ["held"] });
    const asked = call("/quick/held");
    const token = await gate().token("rui");
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const [review] = await eventually(async () => {
      const answer = await fetch(`${gate().url}/api/reviews`, { headers });
      const { items } = (await answer.json()) as { items: ReviewView[] };
      return items.length > 0 && items;
    });
    await pause(2.5 * second);
    const path = ROUTES.approve.path.replace(":id", review?.id ?? "");
    const approved = await fetch(`${gate().url}${path}`, { method: "POST", headers, body: "{}" });
    expect(approved.status).toBe(200);
    const got = await asked;
    expect([got.status, got.body.toString()]).toEqual([200, "held"]);
  });

  it("a body that streams, for as long as it goes on", async () => {
    const headers = { authorization: `Bearer ${ada}`, "content-length": String(7 * 2 ** 20) };
    const sending = request(`${gate().url}/http/quick/upload`, { method: "POST", headers });
    const answered = once(sending, "response");
    for (let piece = 0; piece < 7; piece++) {
      sending.write(Buffer.alloc(2 ** 20));
      await pause(0.6 * second);
    }
    sending.end();
    const [answer] = (await answered) as [{ statusCode: number }];
    expect(answer.statusCode).toBe(200);
  });
});

it("a body that nobody takes any more counts from its last piece on", async () => {
  gate().upstream.told.set("/stuck", async ({ response }) => void (await once(response, "close")));
  const body = Buffer.alloc(2 ** 21);
  const headers = { authorization: `Bearer ${ada}` };
  const got = await ask(`${gate().url}/http/quick/stuck`, { method: "POST", headers, body });
  expect([got.status, problemOf(got).code]).toEqual([504, "timeout"]);
});
