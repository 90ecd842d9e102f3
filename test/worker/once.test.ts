import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { database } from "../../store/db.ts";
import { forgetOldAnswers } from "../../store/kept-answers.ts";
import { Gateway } from "./gateway.ts";
import { POLICY } from "./policies.ts";
import { anApiToken, aReview } from "./things.ts";

let gate: Gateway;
let max: string;
let rui: string;
let key: string;
let keys = 0;
beforeAll(async () => {
  gate = await Gateway.start();
  max = (await gate.signIn("max")).access_token;
  rui = (await gate.signIn("rui")).access_token;
  expect((await gate.apply(POLICY, max)).status).toBe(200);
});
afterAll(() => gate.stop());
beforeEach(() => {
  key = `"retry-${keys++}"`;
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const later = (ms: number) => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });

function send(path: string, json: object, token = max, by = key, method = "POST") {
  const known = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const headers = { ...known, "idempotency-key": by };
  return gate.request(path, { method, headers, body: JSON.stringify(json) });
}

const TOKEN = { name: "nightly", scopes: ["audit:read"] };
const codeOf = async (answer: Response) => {
  const { code } = await answer.json<{ code: string }>();
  return `${answer.status} ${code}`;
};
const rows = async () =>
  (await gate.env.DB.prepare("select hash, answer from kept_answers").all()).results;

describe("a request with an Idempotency-Key", () => {
  it("is carried out once, and the same answer given again, which says so", async () => {
    const first = await send("/api/tokens", TOKEN);
    const again = await send("/api/tokens", TOKEN);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(await again.text()).toBe(await first.text());
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.headers.get("content-type")).toBe(first.headers.get("content-type"));
    expect(again.headers.get("cache-control")).toBe("no-store");
  });

  it("means the same with and without quotes, and is refused when it is neither", async () => {
    const first = await send("/api/tokens", TOKEN);
    const again = await send("/api/tokens", TOKEN, max, key.slice(1, -1));
    expect(await again.text()).toBe(await first.text());
    for (const wrong of ['"', '""', "a b", `"${"x".repeat(256)}"`, '"a", "b"']) {
      expect(await codeOf(await send("/api/tokens", TOKEN, max, wrong))).toBe("400 bad_request");
    }
  });

  it("is another one for another caller, address or API token", async () => {
    const ids = new Set<string>();
    const id = async (answer: Response) => ids.add((await answer.json<{ id: string }>()).id);
    await id(await send("/api/tokens", TOKEN));
    await id(await send("/api/tokens", TOKEN, rui));
    await id(await send("/api/tokens?again", TOKEN));
    expect(ids.size).toBe(3);
    const review = aReview(gate, { id: "eve", name: "eve" });
    const another = aReview(gate, { id: "eve", name: "eve" });
    await id(await send(`/api/reviews/${review.id}/approve`, {}, rui));
    await id(await send(`/api/reviews/${another.id}/approve`, {}, rui));
    expect(ids.size).toBe(5);
    const { token } = await anApiToken(gate, "max", ["secrets:write"]);
    const put = (by: string) => send("/api/secrets/one", { value: "a" }, by, key, "PUT");
    expect((await put(max)).headers.get("idempotency-replayed")).toBeNull();
    expect((await put(token)).headers.get("idempotency-replayed")).toBeNull();
    expect((await put(token)).headers.get("idempotency-replayed")).toBe("true");
  });

  it("is refused with another body", async () => {
    await send("/api/tokens", TOKEN);
    const other = await send("/api/tokens", { ...TOKEN, days: 5 });
    expect(await codeOf(other)).toBe("422 idempotency_mismatch");
  });

  it("is refused while the first is under way, of which there is one", async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => send("/api/tokens", TOKEN)));
    const codes = await Promise.all(answers.map((answer) => codeOf(answer)));
    const made = codes.filter((code) => code.startsWith("201"));
    const waits = codes.filter((code) => code === "409 idempotency_in_progress");
    expect(waits.length).toBeGreaterThan(0);
    const names = new Set(made);
    expect([names.size, made.length + waits.length]).toEqual([1, 4]);
    const listed = await gate.get("/api/audit?limit=4", max);
    const { items } = await listed.json<{ items: { action: string }[] }>();
    expect(items.filter(({ action }) => action === "api-token.make").length).toBeGreaterThan(0);
  });

  it("keeps what the state of things forbade, and decides anew who may", async () => {
    const gone = "/api/reviews/rev_none/withdraw";
    await send(gone, {});
    expect((await send(gone, {})).headers.get("idempotency-replayed")).toBe("true");
    const review = aReview(gate, { id: "eve", name: "eve" });
    const approve = (token: string) => send(`/api/reviews/${review.id}/approve`, {}, token);
    expect((await approve(max)).status).toBe(403);
    expect((await approve(max)).headers.get("idempotency-replayed")).toBeNull();
    vi.spyOn(console, "error").mockReturnValueOnce();
    const vote = vi.spyOn(gate.desk, "vote").mockRejectedValueOnce(new Error("the desk is away"));
    expect((await approve(rui)).status).toBe(500);
    expect((await approve(rui)).status).toBe(200);
    expect((await approve(rui)).status).toBe(200);
    expect(vote).toHaveBeenCalledTimes(2);
  });

  it("that was lost runs again after a minute, under the same body alone", async () => {
    await send("/api/tokens", TOKEN);
    const lost = "update kept_answers set answer = null where caller = 'max'";
    await gate.env.DB.prepare(lost).run();
    later(59_000);
    expect(await codeOf(await send("/api/tokens", TOKEN))).toBe("409 idempotency_in_progress");
    later(1000);
    const other = await send("/api/tokens", { ...TOKEN, days: 5 });
    expect(await codeOf(other)).toBe("422 idempotency_mismatch");
    expect((await send("/api/tokens", TOKEN)).status).toBe(201);
  });

  it("is forgotten after a day, also by the schedule", async () => {
    const put = (value: string) => send("/api/secrets/one", { value }, max, key, "PUT");
    expect((await put("a")).status).toBe(200);
    later(86_400_000);
    const fresh = (await gate.signIn("max")).access_token;
    const again = await send("/api/secrets/one", { value: "b" }, fresh, key, "PUT");
    expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([200, null]);
    const at = Date.now() + 86_400_000;
    await forgetOldAnswers(database(gate.env), at);
    expect(await rows()).toEqual([]);
  });

  it("leaves no answer in the clear, and at most a thousand of one caller", async () => {
    const made = await (await send("/api/tokens", TOKEN)).json<{ id: string; token: string }>();
    const kept = JSON.stringify(await rows());
    expect(kept).not.toContain(made.id);
    expect(kept).not.toContain(made.token.slice(30));
    const many = `with recursive n(i) as (select 1 union all select i + 1 from n where i < 1200)
      insert into kept_answers select 'h' || i, 'max', '', i, null from n`;
    await gate.env.DB.prepare(many).run();
    key = '"the last"';
    await send("/api/secrets/one", { value: "a" }, max, key, "PUT");
    const count = "select count(*) as of from kept_answers where caller = 'max'";
    expect((await gate.env.DB.prepare(count).all()).results).toEqual([{ of: 1_000 }]);
    const again = await send("/api/secrets/one", { value: "a" }, max, key, "PUT");
    expect(again.headers.get("idempotency-replayed")).toBe("true");
  });

  it("changes nothing where nothing is changed", async () => {
    const before = (await rows()).length;
    await gate.request("/api/me", {
      headers: { authorization: `Bearer ${max}`, "idempotency-key": key },
    });
    await send("/api/sessions/ses_none/exact", { reason: "an audit" });
    expect(await rows()).toHaveLength(before);
  });
});
