import fc from "fast-check";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { expect } from "vitest";
import { startUpstream, type Told, type Upstream } from "../support/http-upstream.ts";
import { cutAt } from "../support/http-upstream/call.ts";
import { HttpGate } from "../support/http-gate.ts";
import { ask, type Got } from "./http-client.ts";

/*
 * Non-interference over HTTP: two services that differ in nothing but what is masked. Whatever they
 * answer, a client gets the same status, the same headers and the same decoded body from both.
 */

const MASKING = ["one", "two"];

/** `raw-one` and `raw-two` are the same services, and of them nothing is masked. */
const policy = (urls: readonly string[]): string => `
resources:
${[...MASKING, "raw-one", "raw-two"]
  .map((name, i) => `  - { name: ${name}, type: http, url: "${urls[i % 2]}", network: private }`)
  .join("\n")}
grants:
  - { id: all, groups: [engineers], resources: [one, two, raw-one, raw-two], access: [read] }
masking:
  - { id: pii, resources: [one, two], fields: [secret, outer.inner], technique: redact }
  - { id: pay, resources: [one, two], fields: [salary], technique: "null" }
  - { id: found, resources: [one, two], detect: [email, us_ssn], technique: redact }
roles: { admin: [admins], auditor: [auditors] }
`;

/** One value, as each of the two says it. */
type Side = 0 | 1;
type Rendered = (side: Side) => string;

const same =
  (text: string): Rendered =>
  () =>
    text;

const joined =
  (parts: readonly Rendered[], between = ""): Rendered =>
  (side) =>
    parts.map((part) => part(side)).join(between);

const either =
  (one: string, other: string): Rendered =>
  (side) =>
    side === 0 ? one : other;

const word = fc.stringMatching(/^[A-Za-z0-9]{1,40}$/);
/** Of different lengths. */
const hidden = fc.tuple(word, word).map(([one, other]) => either(one, other));
const email = fc
  .tuple(word, word)
  .map(([one, other]) => either(`${one}@example.com`, `${other}@else.example.org`));
/** In it stands something that a detector finds. */
const note = email.map((found) => joined([same("to "), found, same(", please")]));

const scalar = fc.oneof(
  fc.jsonValue({ maxDepth: 0 }),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const json = (value: unknown): string => JSON.stringify(value);

/** Of any type and size, but neither is null: whether there is a value shows. */
const secretJson = fc
  .tuple(
    ...([0, 1] as const).map(() => fc.jsonValue({ maxDepth: 2 }).filter((value) => value !== null)),
  )
  .map(([one, other]) => either(json(one), json(other)));

const space = fc.constantFrom("", " ", "\n\t");
const plainName = fc.constantFrom("id", "name", "outer2", "a.b", "ssn_known", "é", "x y");

const { document } = fc.letrec<{ document: Rendered; member: Rendered; value: Rendered }>(
  (tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      scalar.map((value) => same(json(value))),
      note.map((text) => (side: Side) => json(text(side))),
      fc
        .array(tie("value"), { maxLength: 3 })
        .map((all) => joined([same("["), joined(all, ","), same("]")])),
      tie("document"),
      // A document in a text.
      tie("document").map((inside) => (side: Side) => json(inside(side))),
    ),
    member: fc.oneof(
      fc
        .tuple(plainName, space, tie("value"))
        .map(([name, gap, value]) => joined([same(`${gap}${json(name)}${gap}:${gap}`), value])),
      fc
        .tuple(
          fc.constantFrom('"secret"', '"SECRET"', '"s\\u0065cret"', '"salary"'),
          space,
          secretJson,
        )
        .map(([name, gap, value]) => joined([same(`${gap}${name}:${gap}`), value])),
      secretJson.map((value) => joined([same('"outer":{"inner":'), value, same("}")])),
      email.map((name) => joined([(side) => json(name(side)), same(":1")])),
    ),
    document: fc
      .array(tie("member"), { minLength: 1, maxLength: 4 })
      .map((members) => joined([same("{"), joined(members, ","), same("}")])),
  }),
);

/** In each at least one value differs. */
const object = fc
  .tuple(document, secretJson)
  .map(([rest, value]) => joined([same('{"rest":'), rest, same(',"secret":'), value, same("}")]));

type Body = { readonly type: string; readonly body: Rendered };

/** White space between words; inside of texts JSON escapes it. */
const oneLine =
  (made: Rendered): Rendered =>
  (side) =>
    made(side).replaceAll(/[\n\t]/g, " ");

const several = (end: string, before = ""): fc.Arbitrary<Rendered> =>
  fc
    .array(object, { minLength: 1, maxLength: 4 })
    .map((all) => joined(all.map((one) => joined([same(before), oneLine(one), same(end)]))));

const row = fc
  .tuple(word, hidden, note)
  .map(([id, secret, text]) => joined([same(id), secret, text].map(quoted), ","));
const quoted =
  (cell: Rendered): Rendered =>
  (side) =>
    `"${cell(side)}"`;

const body: fc.Arbitrary<Body> = fc.oneof(
  object.map((made) => ({ type: "application/json", body: made })),
  several("\n").map((made) => ({ type: "application/x-ndjson", body: made })),
  several("\n\n", "data: ").map((made) => ({ type: "text/event-stream", body: made })),
  fc
    .array(row, { minLength: 1, maxLength: 5 })
    .map((rows) => ({ type: "text/csv", body: joined([same("id,secret,note"), ...rows], "\r\n") })),
  fc
    .tuple(word, hidden)
    .map(([id, secret]) => joined([same(`id=${id}&secret=`), secret]))
    .map((made) => ({ type: "application/x-www-form-urlencoded", body: made })),
  fc
    .array(note, { minLength: 1, maxLength: 5 })
    .map((lines) => ({ type: "text/plain", body: joined(lines, "\n") })),
  // What no masker reads: a refusal tells nothing either.
  hidden.map((made) => ({ type: "application/octet-stream", body: made })),
  object.map((made) => ({ type: "application/json; charset=utf-16", body: made })),
);

const CODERS = {
  identity: (bytes: Buffer) => bytes,
  gzip: (bytes: Buffer) => gzipSync(bytes),
  br: (bytes: Buffer) => brotliCompressSync(bytes),
  deflate: (bytes: Buffer) => deflateSync(bytes),
} as const;

const header = fc.oneof(
  hidden.map((value) => ["etag", (side: Side) => `"${value(side)}"`] as const),
  hidden.map((value) => ["content-digest", value] as const),
  hidden.map((value) => ["set-cookie", joined([same("s="), value])] as const),
  hidden.map((value) => ["secret", value] as const),
  hidden.map((value) => ["www-authenticate", value] as const),
  note.map((value) => ["x-note", value] as const),
  object.map((value) => ["x-document", (side: Side) => ascii(oneLine(value)(side))] as const),
  hidden.map((value) => ["location", joined([same("/x?a=1&secret="), value])] as const),
  email.map((value) => ["location", joined([same("/x/"), value, same("/y")])] as const),
  hidden.map(
    (value) => ["link", joined([same("</x?secret="), value, same('>; rel="next"')])] as const,
  ),
);

const ascii = (text: string): string =>
  text
    .replaceAll(/[\n\t]/g, " ")
    .replaceAll(/[^ -~]/gu, (one) =>
      [...Array(one.length).keys()]
        .map((i) => `\\u${one.charCodeAt(i).toString(16).padStart(4, "0")}`)
        .join(""),
    );

export type Twin = {
  readonly body: Body;
  readonly coding: keyof typeof CODERS;
  readonly accepts: string;
  readonly status: number;
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: Rendered])[];
  /** Places of the cuts, in thousandths of the body. */
  readonly cuts: readonly number[];
  readonly length: boolean;
};

export const twin: fc.Arbitrary<Twin> = fc.record({
  body,
  coding: fc.constantFrom("identity", "gzip", "br", "deflate"),
  accepts: fc.constantFrom("identity", "gzip", "br", "deflate", "gzip, br"),
  status: fc.constantFrom(200, 200, 200, 201, 302, 400, 404, 409, 500, 503),
  method: fc.constantFrom("GET", "GET", "GET", "HEAD"),
  headers: fc.uniqueArray(header, { maxLength: 3, selector: ([name]) => name }),
  cuts: fc.array(fc.nat(1_000), { maxLength: 4 }),
  length: fc.boolean(),
});

function toldOf({ body, coding, status, headers, cuts, length }: Twin, side: Side): Told {
  const bytes = CODERS[coding](Buffer.from(body.body(side)));
  const at = cuts.map((cut) => Math.floor((bytes.length * cut) / 1_000));
  return {
    status,
    headers: [
      ["content-type", body.type],
      ...(coding === "identity" ? [] : [["content-encoding", coding] as const]),
      ...headers.map(([name, value]) => [name, value(side)] as const),
      ...(length ? [["content-length", String(bytes.length)] as const] : []),
    ],
    pieces: cutAt(
      bytes,
      at.toSorted((a, b) => a - b),
    ),
  };
}

/** One gate before two services. */
export class Twins {
  readonly #gate: HttpGate;
  readonly #services: readonly Upstream[];
  readonly #token: string;

  private constructor(gate: HttpGate, services: readonly Upstream[], token: string) {
    this.#gate = gate;
    this.#services = services;
    this.#token = token;
  }

  static async start(): Promise<Twins> {
    const other = await startUpstream();
    const gate = await HttpGate.start({ policy: (url) => policy([url, other.url]) });
    return new Twins(gate, [gate.upstream, other], await gate.token("ada"));
  }

  async stop(): Promise<void> {
    await this.#gate.stop();
    await this.#services[1]?.stop();
  }

  /** What the two answer, by the names of their resources. */
  async ask(twin: Twin, names: readonly string[]): Promise<readonly string[]> {
    for (const [i, service] of this.#services.entries()) {
      service.told.set("/told", toldOf(twin, i as Side));
    }
    const { method, accepts } = twin;
    const headers = { authorization: `Bearer ${this.#token}`, "accept-encoding": accepts };
    const asked = names.map(async (name) => {
      const got = await ask(`${this.#gate.url}/http/${name}/told`, { method, headers });
      return shownOf(got).replaceAll(`/http/${name}/`, "/http/svc/");
    });
    return Promise.all(asked);
  }
}

const NOT_COMPARED = new Set(["date", "sluice-session", "connection"]);

function shownOf({ status, headers, body, cut }: Got): string {
  const named = Object.entries(headers)
    .filter(([name]) => !NOT_COMPARED.has(name))
    .map(([name, value]) => `${name}: ${value}`);
  return [status, cut ? "cut" : "whole", ...named.toSorted(), "", body.toString("latin1")].join(
    "\n",
  );
}

/** Both answer alike, as often as that; behind a gate that masks nothing they do not. */
export async function alike(twins: Twins, count: number, seed: number): Promise<void> {
  const told = new Map<string, number>();
  const check = fc.asyncProperty(twin, async (each) => {
    const [one = "", other] = await twins.ask(each, ["one", "two"]);
    const [status = "", how = ""] = one.split("\n");
    told.set(`${status} ${how}`, (told.get(`${status} ${how}`) ?? 0) + 1);
    expect(other).toBe(one);
  });
  await fc.assert(check, { numRuns: count, seed });
  console.log(`seed ${seed}:`, Object.fromEntries(told));
  expect(told.get("200 whole")).toBeGreaterThan(count / 10);
}

export const { sample } = fc;
export const RAW = ["raw-one", "raw-two"];
