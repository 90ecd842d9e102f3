import { describe, expect, test } from "vitest";
import type { Seen } from "../support/http-upstream.ts";
import { CREDENTIAL, useHttpGate } from "../support/http-gate.ts";
import { BODIES } from "./http-rows/bodies.ts";
import { FRAMING } from "./http-rows/framing.ts";
import { HEADERS } from "./http-rows/headers.ts";
import { PAGES } from "./http-rows/pages.ts";
import { PATHS } from "./http-rows/paths.ts";
import type { HttpRow, Sees } from "./http-rows/row.ts";
import { POLICY } from "./http-policy.ts";

/*
 * Each row's bytes go on a connection of their own through the deployed Worker, to a service that
 * keeps what it sees. Whatever a parser on the way makes of them: the service sees what was
 * authorised and recorded, or nothing, and the client is told.
 */

const gate = useHttpGate({ policy: POLICY });
let token: Promise<string> | null = null;

const host = (): string => new URL(gate().url).host;

async function bytesOf(row: HttpRow): Promise<Buffer> {
  token ??= gate().token("ada");
  const bearer = `Authorization: Bearer ${await token}\r\n`;
  const bytes = row.bytes
    .replaceAll("AUTH", "Host: HOST\r\nTOKEN")
    .replaceAll("TOKEN", bearer)
    .replaceAll("HOST", host());
  return Buffer.from(bytes, "latin1");
}

async function play(row: HttpRow): Promise<{ answer: string; seen: readonly Seen[] }> {
  const before = gate().upstream.seen.length;
  const answer = (await gate().raw(await bytesOf(row))).toString("latin1");
  return { answer, seen: gate().upstream.seen.slice(before) };
}

function judge(row: HttpRow, answer: string, seen: readonly Seen[]): void {
  if (row.expect === "reaches") return sees(seen, row.sees ?? []);
  expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([]);
  if (row.expect === "broken") {
    expect(answer).toMatch(/^$|^HTTP\/1\.1 (?:4\d\d|5\d\d) /);
    return;
  }
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${row.status} `));
  expect(answer).toContain("application/problem+json");
  expect(answer).toMatch(/"detail":"[^"]{12,}/);
  expect(answer).toContain(row.says ?? "");
}

function sees(seen: readonly Seen[], expected: readonly Sees[]): void {
  expect(seen).toHaveLength(expected.length);
  for (const [n, { method, url, body, headers }] of expected.entries()) {
    const one = seen[n] as Seen;
    if (method !== undefined) expect(one.method).toBe(method);
    if (url !== undefined) expect(one.url).toBe(url);
    if (body !== undefined) expect(one.body.toString("latin1")).toBe(body);
    for (const [name, value] of Object.entries(headers ?? {})) {
      const whole =
        value?.replace("SERVICE", gate().upstream.url).replaceAll("HOST", host()) ?? null;
      expect(headerOf(one, name), name).toBe(whole);
    }
  }
}

/** Its values as they came, joined; null: it did not come. */
function headerOf({ rawHeaders }: Seen, name: string): string | null {
  const values = rawHeaders.filter(
    (_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name,
  );
  return values.length === 0 ? null : values.join(" | ");
}

describe.each([
  ["paths", PATHS],
  ["framing", FRAMING],
  ["headers and methods", HEADERS],
  ["bodies and queries", BODIES],
  ["pages of the own host", PAGES],
] as const)("%s", (_, rows) => {
  test.for(rows.map((row) => [`${row.expect}: ${shortened(row.about)}`, row] as const))(
    "%s",
    async ([, row]) => {
      const { answer, seen } = await play(row);
      judge(row, answer, seen);
    },
  );
});

function shortened(about: string): string {
  const shown = about.replaceAll(/[^\u0020-\u{10ffff}]/gu, "·");
  return shown.length > 100 ? `${shown.slice(0, 100)}…` : shown;
}

/** The runtime's own, and what stands for the caller in the service's eyes. */
const ADDED = new RegExp(
  "^(host|authorization|content-length|connection|cf-worker|transfer-encoding|" +
    "sec-websocket-(key|version))$",
);

/** As a command's text has it: the request's line, then its headers. */
function textOf({ method, url, rawHeaders }: Seen): string {
  const headers: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    if (!ADDED.test(name)) headers.push(`${name}: ${rawHeaders[i + 1]}`);
  }
  return [`${method} ${url}`, ...headers.toSorted()].join("\n");
}

const sorted = (text: string): string => {
  const [line = "", ...headers] = text.split("\n");
  return [line, ...headers.toSorted()].join("\n");
};

test("what the service saw is what was let through and recorded, to the byte", async () => {
  const response = await fetch(`${gate().url}/http/svc/json`, {
    headers: { authorization: `Bearer ${await token}` },
  });
  const session = response.headers.get("sluice-session") ?? "";
  await response.arrayBuffer();
  const records = await gate().records(session);
  const allowed = new Set(
    records.flatMap(({ kind, command, fact }) =>
      kind === "decision" && fact["verdict"] === "allow" ? [command] : [],
    ),
  );
  const recorded = (await gate().exact(session))
    .filter(({ command }) => allowed.has(command))
    .map(({ text, parameters }) => `${sorted(text)}\n\n${parameters[0]?.value ?? ""}`);
  const seen = gate().upstream.seen.map(
    (one) => `${textOf(one)}\n\n${one.body.toString("base64")}`,
  );
  expect(seen.length).toBeGreaterThan(60);
  expect(recorded.toSorted()).toEqual(seen.toSorted());
});

test("neither credential nor token is kept or logged", async () => {
  const hidden = [CREDENTIAL, (await token) ?? ""];
  const db = await gate().gateway.miniflare.getD1Database("DB");
  const { results } = await db
    .prepare("select name from sqlite_master where type = 'table'")
    .all<{ name: string }>();
  const kept = [...gate().log];
  const { results: sessions } = await db.prepare("select id from sessions").all<{ id: string }>();
  for (const { id } of sessions) {
    for (const { fact } of await gate().records(id)) {
      const { bytes } = fact;
      kept.push(typeof bytes === "string" ? atob(bytes) : JSON.stringify(fact));
    }
  }
  for (const { name } of results.filter(({ name }) => !name.startsWith("_cf"))) {
    kept.push(JSON.stringify((await db.prepare(`select * from "${name}"`).all()).results));
  }
  for (const text of kept) for (const one of hidden) expect(text).not.toContain(one);
});
