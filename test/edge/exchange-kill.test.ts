import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RecordView } from "../../core/api/record.ts";
import { ask, type Got } from "../bypass/http-client.ts";
import { POLICY } from "../bypass/http-policy.ts";
import { HttpGate } from "../support/http-gate.ts";
import { eventually } from "./edge.ts";
import { seeded, seedOf } from "./kill-rounds.ts";

/*
 * The runtime is killed under requests of all kinds: whatever the service saw and a client got, to
 * the first byte, lies in the recording.
 */

const count = 20;
const seed = seedOf(process.env["SLUICE_SEED"]);
/** A round's kill comes in this time after its first request. */
const longestMs = 500;

type Deed = { readonly path: string; readonly method: string; readonly accepts: string };

const DEEDS: readonly Deed[] = [
  { path: "/echo", method: "POST", accepts: "identity" },
  { path: "/json?n=2", method: "GET", accepts: "identity" },
  { path: "/sse?count=40&ms=3", method: "GET", accepts: "identity" },
  { path: "/chunked?every=40", method: "GET", accepts: "identity" },
  { path: "/slow?ms=20&after=head", method: "GET", accepts: "identity" },
  { path: "/coded?with=gzip&n=20", method: "GET", accepts: "gzip" },
  { path: "/ndjson?n=50", method: "GET", accepts: "identity" },
];

let gate: HttpGate;
let token: string;

beforeAll(async () => {
  gate = await HttpGate.start({ policy: POLICY });
  token = await gate.token("ada");
});
afterAll(() => gate?.stop());

/** By their paths, which are each asked for once; null: nothing came. */
type Answers = Map<string, Got | null>;

/** Several clients at once, until the runtime is gone. */
async function killed(round: number, random: () => number): Promise<Answers> {
  const answers: Answers = new Map();
  const until = { over: false };
  const client = async (name: number) => {
    for (let n = 0; !until.over; n++) {
      const { path, method, accepts } = DEEDS[Math.floor(random() * DEEDS.length)] as Deed;
      const own = `${path}${path.includes("?") ? "&" : "?"}by=${round}.${name}.${n}`;
      answers.set(own, null);
      const headers = { authorization: `Bearer ${token}`, "accept-encoding": accepts };
      const body = method === "POST" ? "a=1" : "";
      const asking = { method, headers, ...(body !== "" && { body }) };
      const got = await ask(`${gate.url}/http/svc${own}`, asking).catch(() => null);
      if (got === null) return;
      answers.set(own, got);
    }
  };
  const clients = [0, 1, 2, 3].map(client);
  await pause(random() * longestMs);
  gate.gateway.kill();
  until.over = true;
  await Promise.all(clients);
  return answers;
}

/** What the recordings of all sessions since then say, by the request's line. */
async function recorded(since: number): Promise<Map<string, string>> {
  const db = await gate.gateway.miniflare.getD1Database("DB");
  const query = "select id from sessions where opened_at >= ?";
  const { results } = await eventually(() =>
    db
      .prepare(query)
      .bind(since)
      .all<{ id: string }>()
      .catch(() => null),
  );
  const shown = new Map<string, string>();
  for (const { id } of results) {
    const records = await eventually(() => gate.records(id).catch(() => null));
    expect(records.at(-1)?.fact).toMatchObject({ code: "lost" });
    for (const [line, bytes] of byLine(records)) shown.set(line, bytes);
  }
  return shown;
}

function byLine(records: readonly RecordView[]): Map<string, string> {
  const bytes = new Map<number, Buffer[]>();
  for (const { kind, command, fact } of records) {
    if (kind === "command") bytes.set(command, []);
    if (kind !== "toClient") continue;
    bytes.get(command)?.push(Buffer.from(String(fact["bytes"]), "base64"));
  }
  return new Map(
    records.flatMap(({ kind, command, fact }) => {
      if (kind !== "command") return [];
      const [line = ""] = (fact["shown"] as string).split("\n");
      return [[line, Buffer.concat(bytes.get(command) ?? []).toString("latin1")] as const];
    }),
  );
}

it(`kill -9 in ${count} rounds (SLUICE_SEED=${seed}) loses nothing seen or done`, async () => {
  const random = seeded(seed);
  const total = { seen: 0, bytes: 0, cut: 0 };
  for (let round = 0; round < count; round++) {
    await eventually(() =>
      fetch(`${gate.url}/healthz`).then(
        ({ ok }) => ok || null,
        () => null,
      ),
    );
    const since = Date.now();
    const before = gate.upstream.seen.length;
    const answers = await killed(round, random);
    await eventually(() =>
      fetch(`${gate.url}/healthz`).then(
        ({ ok }) => ok || null,
        () => null,
      ),
    );
    const shown = await recorded(since);
    for (const { method, url } of gate.upstream.seen.slice(before)) {
      expect([...shown.keys()], `round ${round}`).toContain(`${method} ${url}`);
      total.seen++;
    }
    for (const [path, got] of answers) {
      if (got === null || got.status !== 200) continue;
      const line = `${path.startsWith("/echo") ? "POST" : "GET"} ${path}`;
      const kept = shown.get(line) ?? "";
      const body = got.body.toString("latin1");
      expect(kept.startsWith(body), `round ${round}: ${line}: ${body.length}`).toBe(true);
      total.bytes += body.length;
      if (got.cut) total.cut++;
    }
  }
  console.log(total);
  expect(total.seen).toBeGreaterThan(count);
  expect(total.bytes).toBeGreaterThan(0);
}, 600_000);
