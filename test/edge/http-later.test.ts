import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Holds, policyOf, until } from "../support/http-holds.ts";

/* `Prefer: respond-async`: the answer of a request that was held is fetched later. */

const MIB = 1_048_576;

let holds: Holds;
beforeAll(async () => {
  holds = await Holds.start({ resultBytesMax: 7 * MIB, resultsLargeMax: 1, shipEveryMs: 1_000 });
});
afterAll(() => holds?.stop());

const locationOf = (answer: Response): string => answer.headers.get("location") ?? "";

const FINE = { headers: [["content-type", "application/json"]], pieces: ["{}"] } as const;

/** Asked, and held: where its result is fetched, and the review. */
async function held(path: string, of = "billing-api") {
  if (!holds.upstream.told.has(path)) holds.upstream.told.set(path, FINE);
  const asked = await holds.later(path, { of });
  expect(asked.status).toBe(202);
  return { location: locationOf(asked), asked, review: await holds.pending(path) };
}

/** In how many files of D1 or R2 on the disk that text stands. */
function lying(text: string, of: "d1" | "r2"): number {
  const folder = join(holds.demo.stateDir, "gateway", of);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  const found = files.filter(
    (file) => file.isFile() && readFileSync(join(file.parentPath, file.name)).includes(text),
  );
  return found.length;
}

describe("a request whose client comes again", () => {
  it("is answered 202, and later as it would have been", async () => {
    holds.upstream.told.set("/held/whole", {
      status: 201,
      headers: [
        ["content-type", "application/json"],
        ["x-own", "kept"],
      ],
      pieces: ['{"phone":"+49 30 1234567",', '"n":1}'],
    });
    const asked = await holds.later("/held/whole", {
      method: "POST",
      body: '{"a" : 1.50}',
      headers: { prefer: 'return=minimal, respond-async; x="1,2", wait=0' },
    });
    expect(asked.status).toBe(202);
    expect(asked.headers.get("preference-applied")).toBe("respond-async");
    const location = locationOf(asked);
    expect(location.startsWith(`${holds.demo.url}/http/.sluice/results/ans_`)).toBe(true);
    const review = await holds.pending("/held/whole");
    const said = await asked.json();
    expect(said).toMatchObject({
      status: "waiting",
      review: review.id,
      reviewUrl: `${holds.demo.url}/reviews/${review.id}`,
      expiresAt: review.expiresAt,
      result: location,
    });
    expect(asked.headers.get("link")).toContain(`<${holds.demo.url}/reviews/${review.id}>`);

    const waiting = await holds.fetched(location);
    expect(waiting.status).toBe(202);
    expect(Number(waiting.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await waiting.json()).toEqual(said);
    expect(holds.calls("/held/whole")).toBe(0);

    await holds.approve(review.id);
    const answer = await holds.result(location);
    expect(answer.status).toBe(201);
    expect(answer.headers.get("sluice-result")).toBe("done");
    expect(answer.headers.get("x-own")).toBe("kept");
    expect(answer.headers.get("content-security-policy")).toBe("sandbox");
    expect(await answer.text()).toBe('{"phone":"[redacted]","n":1}');
    const [seen] = holds.upstream.seen.filter(({ url }) => url === "/held/whole");
    expect(seen?.body.toString()).toBe('{"a" : 1.50}');
    expect(seen?.rawHeaders.join("\n")).toContain("prefer\nreturn=minimal");
    expect(seen?.rawHeaders.join("\n")).not.toContain("respond-async");
  });

  it("is kept in its turn where several large answers come at once", async () => {
    const pieces = Array.from({ length: 12 }, (_, n) => String(n % 10).repeat(50_000));
    const told = { headers: [["content-type", "text/plain"]], pieces } as const;
    const paths = ["/held/large-1", "/held/large-2", "/held/large-3"];
    for (const path of paths) holds.upstream.told.set(path, told);
    const all = await Promise.all(paths.map((path) => held(path)));
    await Promise.all(all.map(({ review }) => holds.approve(review.id)));
    for (const { location } of all) {
      expect(await (await holds.result(location)).text()).toBe(pieces.join(""));
    }
  });

  it("is answered as ever where it is not held", async () => {
    const answer = await holds.later("/echo");
    expect(answer.status).toBe(200);
    expect(answer.headers.has("preference-applied")).toBe(false);
    const { rawHeaders } = (await answer.json()) as { rawHeaders: string[] };
    expect(rawHeaders.map((one) => one.toLowerCase())).not.toContain("prefer");
  });

  it("waits on its connection first for as long as it says", async () => {
    const prefer = { headers: { prefer: "respond-async, wait=600" } };
    const waiting = holds.later("/held/patient", prefer);
    await holds.approve((await holds.pending("/held/patient")).id);
    expect((await waiting).status).toBe(404);
    expect((await waiting).headers.has("location")).toBe(false);
    const short = await holds.later("/held/short", {
      headers: { prefer: "wait=1, respond-async" },
    });
    expect(short.status).toBe(202);
    await holds.fetched(locationOf(short), "ada", "DELETE");
  });

  it("is withdrawn when its client resets the connection before it was told to go", async () => {
    const prefer = "Prefer: respond-async, wait=600";
    const socket = await holds.spoken("/held/impatient", [prefer]);
    const review = await holds.pending("/held/impatient");
    socket.resetAndDestroy();
    expect((await holds.over(review.id)).state).toBe("withdrawn");
    holds.upstream.told.set("/held/told", FINE);
    const told = await holds.spoken("/held/told", ["Prefer: respond-async"]);
    const [head] = (await once(told, "data")) as [Buffer];
    const location = /^location: (\S+)/im.exec(head.toString())?.[1] ?? "";
    told.resetAndDestroy();
    await holds.approve((await holds.pending("/held/told")).id);
    expect((await holds.result(location)).status).toBe(200);
    expect([holds.calls("/held/impatient"), holds.calls("/held/told")]).toEqual([0, 1]);
  });

  it("is there for who asked, and for nobody else", async () => {
    const { location, review } = await held("/held/mine");
    for (const state of ["waiting", "done"]) {
      if (state === "done") {
        await holds.approve(review.id);
        await (await holds.result(location)).text();
      }
      for (const other of ["rui", "ida", "max"] as const) {
        for (const method of ["GET", "DELETE"]) {
          expect((await holds.fetched(location, other, method)).status).toBe(404);
        }
      }
      expect((await fetch(location)).status).toBe(401);
      const cookie = `sluice_access=${await holds.token("ada")}`;
      expect((await fetch(location, { headers: { cookie } })).status).toBe(401);
      expect((await holds.fetched(`${location}x`)).status).toBe(404);
      expect((await holds.fetched(location, "ada", "POST")).status).toBe(405);
    }
    const make = (scopes: string[]) =>
      holds.api<{ token: string }>("/api/tokens", "ada", {
        method: "POST",
        body: JSON.stringify({ name: `for-${scopes[0]?.replace(":", "-")}`, scopes }),
      });
    const statusBy = async (scope: string) => {
      const { token } = await make([scope]);
      return (await fetch(location, { headers: { authorization: `Bearer ${token}` } })).status;
    };
    expect(await statusBy("sessions:read")).toBe(403);
    expect(await statusBy("http:call")).toBe(200);
    expect((await holds.fetched(location)).headers.get("sluice-result")).toBe("done");
    type Trail = { items: { action: string; actor: { name: string } | null }[] };
    const trail = await holds.api<Trail>("/api/audit?action=result.read", "ida");
    expect(trail.items.at(0)?.actor?.name).toBe("ada");
    expect(trail.items.map(({ actor }) => actor?.name).join()).toContain("ada by token");
  });

  it("is refused in problem details when it is rejected, and when nobody decides", async () => {
    const rejected = await held("/held/rejected");
    await holds.reject(rejected.review.id, "not today");
    const answer = await holds.result(rejected.location);
    expect(answer.status).toBe(403);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await answer.json()).toMatchObject({
      code: "rejected",
      review: rejected.review.id,
      detail: expect.stringContaining("not today"),
      reviewUrl: `${holds.demo.url}/reviews/${rejected.review.id}`,
    });
    const expired = await held("/brief/expired");
    const over = await holds.result(expired.location);
    expect([over.status, await over.json()]).toMatchObject([
      403,
      { code: "expired", review: expired.review.id },
    ]);
    expect(holds.calls("/held/rejected") + holds.calls("/brief/expired")).toBe(0);
  });

  it("is withdrawn by its asker, and never leaves", async () => {
    const { location, review } = await held("/held/withdrawn");
    expect((await holds.fetched(location, "ada", "DELETE")).status).toBe(204);
    await until(async () => (await holds.review(review.id)).state === "withdrawn");
    expect((await holds.fetched(location)).status).toBe(404);
    expect((await holds.fetched(location, "ada", "DELETE")).status).toBe(404);
    expect(await holds.approve(review.id)).toMatchObject({ code: "already_settled" });
    expect(holds.calls("/held/withdrawn")).toBe(0);
  });

  it("lies sealed for as long as it is kept, and not at all afterwards", async () => {
    const canary = `canary-${crypto.randomUUID()}`;
    holds.upstream.told.set("/held/canary", { pieces: [canary, canary], headers: [] });
    const { location, review } = await held("/held/canary", "files");
    await holds.approve(review.id);
    expect(await (await holds.result(location)).text()).toBe(canary + canary);
    const bucket = await holds.demo.gateway.miniflare.getR2Bucket("RECORDINGS");
    const place = `results/${location.split("/").at(-1)}`;
    expect((await bucket.head(place))?.size).toBeGreaterThan(2 * canary.length);
    await bucket.put("control", "a text that is not sealed");
    expect(lying(place.slice("results/".length), "d1")).toBeGreaterThan(0);
    expect(lying("a text that is not sealed", "r2")).toBe(1);
    expect(lying(canary, "d1") + lying(canary, "r2")).toBe(0);
    expect((await holds.fetched(location, "ada", "DELETE")).status).toBe(204);
    expect(await bucket.get(place)).toBeNull();
    expect((await holds.fetched(location)).status).toBe(404);
  });

  it("comes whole where it is large, and is let go where it is too large", async () => {
    const { location, review } = await held("/held/large", "files");
    const bytes = Buffer.alloc(6 * MIB, "0123456789 a large answer ");
    const hash = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");
    holds.upstream.told.set("/held/large", {
      headers: [
        ["content-type", "application/octet-stream"],
        ["content-length", String(bytes.length)],
      ],
      pieces: [bytes],
    });
    await holds.approve(review.id);
    const answer = await holds.result(location);
    expect(answer.headers.get("content-length")).toBe(String(bytes.length));
    expect(hash(Buffer.from(await answer.arrayBuffer()))).toBe(hash(bytes));

    const over = await held("/held/over", "files");
    holds.upstream.told.set("/held/over", { headers: [], pieces: [bytes, bytes] });
    await holds.approve(over.review.id);
    const instead = await holds.result(over.location);
    expect([instead.status, await instead.json()]).toMatchObject([502, { code: "broken_off" }]);
    const facts = await holds.records(over.asked.headers.get("sluice-session") ?? "");
    const notes = facts.flatMap(({ kind, fact }) => (kind === "note" ? [fact["message"]] : []));
    expect(notes.at(-1)).toContain("too large to be kept");
  });

  it("is said to have broken off where the service did", async () => {
    holds.upstream.told.set("/held/cut", ({ response }) => {
      response.writeHead(200, { "content-type": "text/plain", "content-length": "100000" });
      response.write("half", () => response.destroy());
    });
    const { location, review } = await held("/held/cut");
    await holds.approve(review.id);
    const answer = await holds.result(location);
    expect([answer.status, await answer.json()]).toMatchObject([
      502,
      { code: "broken_off", review: review.id },
    ]);
    expect(holds.calls("/held/cut")).toBe(1);
  });

  it("keeps its coding, and its want of a body", async () => {
    holds.upstream.told.set("/held/coded", {
      headers: [
        ["content-type", "application/json"],
        ["content-encoding", "gzip"],
      ],
      pieces: [gzipSync('{"phone":"+49 30 1234567"}')],
    });
    const coded = await held("/held/coded");
    await holds.approve(coded.review.id);
    const answer = await holds.result(coded.location);
    expect(answer.headers.get("content-encoding")).toBe("gzip");
    expect(await answer.text()).toBe('{"phone":"[redacted]"}');
    holds.upstream.told.set("/held/none", ({ response }) => void response.writeHead(204).end());
    const none = await held("/held/none");
    await holds.approve(none.review.id);
    expect((await holds.result(none.location)).status).toBe(204);
  });

  it("is asked about again under a new policy", async () => {
    const { location, review } = await held("/held/policy");
    await holds.demo.apply(`${policyOf(holds.upstream.url)}\n# another`);
    const again = await until(async () => {
      const now = await holds.pending("/held/policy");
      return now.id !== review.id && now;
    });
    await until(async () => {
      const said = (await (await holds.fetched(location)).json()) as { review: string };
      return said.review === again.id;
    });
    await holds.approve(again.id);
    expect((await holds.result(location)).status).toBe(200);
    expect(holds.calls("/held/policy")).toBe(1);
  });

  it("ends with its session", async () => {
    const { location, review } = await held("/held/revoked");
    const body = JSON.stringify({ reason: "enough" });
    await holds.api(`/api/sessions/${review.session}/kill`, "max", { method: "POST", body });
    const answer = await holds.result(location);
    expect([answer.status, await answer.json()]).toMatchObject([403, { code: "ended" }]);
    expect(await holds.approve(review.id)).toMatchObject({ code: "already_settled" });
    expect(holds.calls("/held/revoked")).toBe(0);
  });

  it("does not wait for ever where the gateway was killed", async () => {
    const { location, review } = await held("/held/killed");
    const done = await held("/held/before");
    await holds.approve(done.review.id);
    expect((await holds.result(done.location)).status).toBe(200);
    holds.demo.gateway.kill();
    const over = await until(() => holds.over(review.id).catch(() => null));
    expect(over.state).toBe("withdrawn");
    const answer = await holds.result(location);
    expect([answer.status, await answer.json()]).toMatchObject([
      503,
      { code: "lost", review: review.id, detail: expect.stringContaining("not sent") },
    ]);
    expect(await holds.approve(review.id)).toMatchObject({ code: "already_settled" });
    expect(holds.calls("/held/killed")).toBe(0);
    expect((await holds.result(done.location)).headers.get("sluice-result")).toBe("done");
  });

  it("is not said to be unsent where it may have been", async () => {
    let stuck = () => {};
    const reached = new Promise<void>((resolve) => {
      stuck = resolve;
    });
    holds.upstream.told.set("/held/stuck", () => stuck());
    const { location, review } = await held("/held/stuck");
    await holds.approve(review.id);
    await reached;
    expect((await holds.fetched(location)).status).toBe(202);
    expect((await holds.fetched(location, "ada", "DELETE")).status).toBe(409);
    holds.demo.gateway.kill();
    const answer = await until(() => holds.result(location).catch(() => null));
    expect([answer.status, await answer.json()]).toMatchObject([
      503,
      { code: "lost", detail: expect.stringContaining("may have done") },
    ]);
    expect(holds.calls("/held/stuck")).toBe(1);
  });

  it("is forgotten after a day by the hourly schedule", async () => {
    const { location, review } = await held("/held/day");
    await holds.approve(review.id);
    await (await holds.result(location)).text();
    const { miniflare } = holds.demo.gateway;
    const bucket = await miniflare.getR2Bucket("RECORDINGS");
    const place = `results/${location.split("/").at(-1)}`;
    const worker = await miniflare.getWorker();
    const hours = (n: number) => new Date(Date.now() + n * 3_600_000);
    await worker.scheduled({ scheduledTime: hours(23) });
    expect(await bucket.head(place)).not.toBeNull();
    const db = await miniflare.getD1Database("DB");
    await db.prepare("update results set until = ?").bind(Date.now()).run();
    expect((await holds.fetched(location)).status).toBe(404);
    await worker.scheduled({ scheduledTime: hours(0) });
    expect(await bucket.head(place)).toBeNull();
    expect(await db.prepare("select count(*) n from results").first("n")).toBe(0);
  });
});
