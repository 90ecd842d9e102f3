import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Holds, policyOf, until } from "../support/http-holds.ts";

/* Requests that wait for people while their client's connection waits. */

let holds: Holds;
beforeAll(async () => {
  holds = await Holds.start({ openReviewsMax: 6, exchangesIdleSeconds: 2, pingSeconds: 1 });
});
afterAll(() => holds?.stop());

const post = (path: string, body = "{}") =>
  holds.call(path, { method: "POST", body, headers: { "content-type": "application/json" } });

describe("a held request whose connection waits", () => {
  it("waits while the bytes that were approved are the ones that leave", async () => {
    const body = '{"a" : 1.50, "b":"\\u00e9"}';
    const waiting = post("/held/bytes?x=%41", body);
    const review = await holds.pending("/held/bytes");
    await holds.approve(review.id);
    const answer = await waiting;
    const [seen] = holds.upstream.seen.filter(({ url }) => url === "/held/bytes?x=%41");
    expect(seen?.body.toString()).toBe(body);
    const session = answer.headers.get("sluice-session") ?? "";
    const commands = await holds.exact(session);
    const kept = commands.find(({ text }) => text.startsWith("POST /held/bytes?x=%41\n"));
    expect(Buffer.from(kept?.parameters[0]?.value ?? "", "base64").toString()).toBe(body);
    const facts = await holds.records(session);
    const of = (kind: string) => facts.findIndex((record) => record.kind === kind);
    expect(of("command")).toBeGreaterThan(0);
    expect(of("command")).toBeLessThan(of("settled"));
    expect(of("settled")).toBeLessThan(of("response"));
  });

  it("is refused with the review's address when nobody decides in time", async () => {
    const waiting = post("/brief/none");
    const review = await holds.pending("/brief/none");
    const answer = await waiting;
    expect(answer.status).toBe(403);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await answer.json()).toMatchObject({
      code: "expired",
      review: review.id,
      reviewUrl: `${holds.demo.url}/reviews/${review.id}`,
    });
    expect((await holds.review(review.id)).state).toBe("expired");
    expect(holds.calls("/brief/none")).toBe(0);
  });

  it("is released by its own approval alone, and by none twice", async () => {
    const [one, two] = [post("/held/one", '{"n":1}'), post("/held/two", '{"n":2}')];
    const first = await holds.pending("/held/one");
    const second = await holds.pending("/held/two");
    expect(first.digest).not.toBe(second.digest);
    await Promise.all([holds.approve(second.id), holds.approve(second.id)]);
    expect((await two).status).toBe(404);
    await holds.approve(second.id);
    expect(holds.calls("/held/two")).toBe(1);
    expect(holds.calls("/held/one")).toBe(0);
    await holds.reject(first.id, "not this one");
    const answer = await one;
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ code: "rejected", review: first.id });
    expect(holds.calls("/held/one")).toBe(0);
  });

  it("is withdrawn when its client resets the connection, and never leaves", async () => {
    const socket = await holds.spoken("/held/reset");
    const review = await holds.pending("/held/reset");
    socket.resetAndDestroy();
    expect((await holds.over(review.id)).state).toBe("withdrawn");
    expect(await holds.approve(review.id)).toMatchObject({ code: "already_settled" });
    expect(holds.calls("/held/reset")).toBe(0);
  });

  it("comes to one end when approval and reset come at once", async () => {
    for (let round = 0; round < 4; round++) {
      const path = `/held/race-${round}`;
      const socket = await holds.spoken(path);
      const review = await holds.pending(path);
      const approving = holds.approve(review.id);
      if (round % 2 === 1) await sleep(round);
      socket.resetAndDestroy();
      await approving;
      const { state } = await holds.over(review.id);
      await sleep(200);
      if (state === "withdrawn") expect(holds.calls(path)).toBe(0);
      expect(holds.calls(path)).toBeLessThanOrEqual(1);
    }
  });

  it("comes to one end when approval and expiry come at once", async () => {
    for (let round = 0; round < 3; round++) {
      const path = `/brief/race-${round}`;
      const waiting = post(path);
      const review = await holds.pending(path);
      await sleep(Date.parse(review.expiresAt) - Date.now() - 2 + round * 2);
      await holds.approve(review.id);
      const { status } = await waiting;
      const { state } = await holds.review(review.id);
      expect([status, holds.calls(path), state]).toEqual(
        state === "approved" ? [404, 1, "approved"] : [403, 0, "expired"],
      );
    }
  });

  it("is refused with the reason when too many of one's are waiting", async () => {
    const waiting = Array.from({ length: 6 }, (_, n) => post(`/held/many-${n}`));
    const reviews = await Promise.all(waiting.map((_, n) => holds.pending(`/held/many-${n}`)));
    const over = await post("/held/one-more");
    expect(over.status).toBe(503);
    expect(await over.json()).toMatchObject({ detail: "6 reviews of yours are waiting already." });
    await holds.demo.apply(`${policyOf(holds.upstream.url)}\n# as many under another`);
    const old = new Set(reviews.map(({ id }) => id));
    const again = await Promise.all(
      waiting.map((_, n) =>
        until(async () => {
          const now = await holds.pending(`/held/many-${n}`);
          return !old.has(now.id) && now;
        }),
      ),
    );
    for (const { id } of again.toReversed()) await holds.approve(id);
    for (const answer of await Promise.all(waiting)) expect(answer.status).toBe(404);
    expect(holds.calls("/held/one-more")).toBe(0);
  });

  it("is asked about again under a new policy, and old votes are void", async () => {
    const waiting = post("/two/policy");
    const before = await holds.pending("/two/policy");
    expect((await holds.approve(before.id)).state).toBe("pending");
    expect(await holds.approve(before.id)).toMatchObject({ code: "already_voted" });
    await holds.demo.apply(`${policyOf(holds.upstream.url)}\n# another`);
    const after = await until(async () => {
      const now = await holds.pending("/two/policy");
      return now.id !== before.id && now;
    });
    expect((await holds.review(before.id)).state).toBe("withdrawn");
    expect(after.votes).toEqual([]);
    expect(after.digest).not.toBe(before.digest);
    await holds.reject(after.id, "enough");
    expect(await (await waiting).json()).toMatchObject({ review: after.id });
    expect(holds.calls("/two/policy")).toBe(0);
  });

  it("is masked on its way in as the policy says that is in force when it leaves", async () => {
    const waiting = post("/held/masked", '{"passport":"X1234567"}');
    const before = await holds.pending("/held/masked");
    const rule =
      "{ id: in, resources: [billing-api], fields: [passport], on: [requests], technique: redact }";
    const policy = policyOf(holds.upstream.url);
    await holds.demo.apply(policy.replace("roles:", `  - ${rule}\nroles:`));
    const after = await until(async () => {
      const now = await holds.pending("/held/masked");
      return now.id !== before.id && now;
    });
    expect(after.shown).not.toContain("X1234567");
    await holds.approve(after.id);
    await waiting;
    const [seen] = holds.upstream.seen.filter(({ url }) => url === "/held/masked");
    expect(seen?.body.toString()).toBe('{"passport":"[redacted]"}');
    await holds.demo.apply(policy);
  });

  it("never runs once its session was ended", async () => {
    const waiting = post("/held/revoked");
    const { id, session } = await holds.pending("/held/revoked");
    const body = JSON.stringify({ reason: "enough" });
    await holds.api(`/api/sessions/${session}/kill`, "max", { method: "POST", body });
    const answer = await waiting;
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ code: "ended" });
    expect(await holds.approve(id)).toMatchObject({ code: "already_settled" });
    expect(holds.calls("/held/revoked")).toBe(0);
  });

  it("is sent once, also where the service breaks off before it answers", async () => {
    holds.upstream.told.set("/held/broken", ({ response }) => void response.destroy());
    const waiting = post("/held/broken");
    await holds.approve((await holds.pending("/held/broken")).id);
    const answer = await waiting;
    expect(answer.status).toBe(502);
    expect(holds.calls("/held/broken")).toBe(1);
    const facts = await holds.records(answer.headers.get("sluice-session") ?? "");
    const [failed] = facts.filter(({ kind }) => kind === "failed");
    expect(failed?.fact).toMatchObject({ from: "upstream" });
  });

  it("is sent once, whatever the service says of the gateway's own matters", async () => {
    const headers = [
      ["content-type", "application/json"],
      ["sluice-gone", "1"],
    ] as const;
    holds.upstream.told.set("/held/gone", { status: 404, headers, pieces: ["{}"] });
    const waiting = post("/held/gone");
    await holds.approve((await holds.pending("/held/gone")).id);
    const answer = await waiting;
    expect([answer.status, answer.headers.has("sluice-gone")]).toEqual([404, false]);
    expect(holds.calls("/held/gone")).toBe(1);
  });

  it("keeps its session from ending for want of requests", async () => {
    const waiting = post("/held/idle");
    const review = await holds.pending("/held/idle");
    const other = await holds.call("/json", { of: "files" });
    const idle = other.headers.get("sluice-session") ?? "";
    const ended = await until(async () => {
      const last = (await holds.records(idle)).at(-1);
      return last?.kind === "end" && last;
    });
    expect(ended.fact["code"]).toBe("idle");
    expect((await holds.review(review.id)).state).toBe("pending");
    await holds.approve(review.id);
    expect((await waiting).status).toBe(404);
    expect(holds.calls("/held/idle")).toBe(1);
  });
});
