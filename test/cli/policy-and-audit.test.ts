import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { concat, hex } from "../../core/bytes.ts";
import { chainLink, chainSeed, headerJson } from "../../core/recording/chain.ts";
import {
  encodeChunk,
  encodeExportHeader,
  headBytes,
  signHead,
} from "../../core/recording/chunk.ts";
import { hourBytes } from "../../core/recording/hours.ts";
import { encodeEvent } from "../../core/recording/record.ts";
import { SHOP } from "../core/sql/shop.ts";
import { FakeGateway, problemAnswer } from "./fake-gateway.ts";
import { run } from "./run.ts";

const inFile = async (content: string | Uint8Array): Promise<string> => {
  const file = join(await mkdtemp(join(tmpdir(), "sluice-test-")), "file");
  await writeFile(file, content);
  return file;
};

const POLICY = `
resources:
  - name: shop-db
    type: postgres
    host: db
    database: shop
    user: sluice
    tls: disable
    network: private
grants:
  - { id: engineers, groups: [engineers], resources: [shop-db], access: [read], hours: 8 }
roles: { reviewer: [leads], auditor: [auditors], admin: [admins] }
`;

describe("policy dry-run", () => {
  const side = { verdict: "allow", rules: ["engineers"], message: null };
  const item = {
    session: `ses_${"0".repeat(26)}`,
    seq: 3,
    at: "2026-11-25T12:00:00.000Z",
    principal: "ada",
    resource: "shop-db",
    shown: "DELETE FROM orders",
    before: side,
    after: { verdict: "block", rules: ["no-delete"], message: "No." },
    masks: [],
    caution: null,
  };

  it("asks step by step, and tells each difference and what was not judged", async () => {
    const gateway = await FakeGateway.start();
    gateway.handle = (_, body) => {
      const { after } = JSON.parse(body) as { after?: string };
      const unjudged = [{ why: "parameters", count: 2 }];
      const step = { items: [item], examined: 4, unjudged, sessions: { done: 1, of: 2 } };
      return {
        status: 200,
        json: { ...step, next: after === undefined ? `${item.session}:1` : null },
      };
    };
    const file = await inFile(POLICY);
    const argv = ["policy", "dry-run", file, "--from", "2026-11-25T00:00Z", "--on", "shop-db"];
    const more = ["--to", "2026-11-26T00:00Z"];
    const env = { SLUICE_URL: gateway.url, SLUICE_TOKEN: "t" };
    const ran = await run([...argv, ...more], env);
    await gateway.stop();
    const line = "2026-11-25T12:00:00.000Z  allowed → blocked (no-delete)  ada on shop-db: ";
    expect(ran.out).toBe(`${line}DELETE FROM orders\n    No.\n`.repeat(2));
    expect(ran.err).toContain("8 commands, 2 differences");
    expect(ran.err).toContain("4 not judged: a rule looks at bound values");
    expect(gateway.requests.map(({ body }) => JSON.parse(body) as object)).toEqual([
      {
        source: POLICY,
        from: "2026-11-25T00:00:00.000Z",
        to: "2026-11-26T00:00:00.000Z",
        resource: "shop-db",
      },
      expect.objectContaining({ after: `${item.session}:1` }),
    ]);
  });

  it("takes no instant that is none", async () => {
    const ran = await run(["policy", "dry-run", await inFile(POLICY), "--from", "monday"], {});
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining("--from is an instant") });
  });
});

describe("policy explain", () => {
  it("says offline who may open what, and by which grant", async () => {
    const argv = ["policy", "explain", await inFile(POLICY), "--as", "ada", "--json", "--groups"];
    const ada = await run([...argv, "engineers,staff"], {});
    expect(ada.err).toBe("");
    expect(JSON.parse(ada.out)).toEqual([
      { id: "shop-db", why: expect.stringContaining("by the grant engineers") },
    ]);
    const nobody = await run([...argv, "staff"], {});
    expect(JSON.parse(nobody.out)[0].why).toContain("No grant");
  });

  const policy = POLICY.replace(
    "roles:",
    `guardrails:
  - { id: slowly, when: command.unbounded, then: review, reviewers: [leads] }
masking:
  - { id: pii, columns: ["*.ssn", customers.email], technique: redact }
roles:`,
  ).replace("[read]", "[read, write]");
  const explained = async (sql: string) => {
    const argv = ["policy", "explain", await inFile(policy), sql, "--on", "shop-db"];
    const ran = await run([...argv, "--as", "ada", "--groups", "engineers", "--json"], {});
    expect(ran.err).toBe("");
    return JSON.parse(ran.out)[0];
  };

  it.each([
    ["select email from customers", "allow", "by the grant engineers"],
    ["delete from payments", "review", "without saying which rows waits by the guardrail slowly"],
    ["drop table orders", "block", "needs schema access"],
    ["selec", "block", "cannot tell what this statement does"],
  ])("says offline what becomes of %s", async (sql, verdict, why) => {
    const answer = await explained(sql);
    expect(answer).toMatchObject({ id: "shop-db", verdict, why: expect.stringContaining(why) });
    expect(answer.note).toContain("without the target's catalog");
  });

  it("says which columns are masked as far as names go, and what needs the catalog", async () => {
    const { columns } = await explained("select ssn, email, 1 as one from customers");
    expect(columns).toMatchObject([
      { name: "ssn", mask: "masked whole, unless the catalog shows where it is from" },
      { name: "email", mask: "masked whole, unless the catalog shows where it is from" },
      { name: "one", from: "no column", mask: "not masked" },
    ]);
  });

  const saved = async (catalog: object) =>
    inFile(JSON.stringify({ resource: "shop-db", catalog: { ...SHOP, ...catalog } }));
  const withCatalog = async (file: string, sql: string) => {
    const argv = ["policy", "explain", await inFile(policy), sql, "--on", "shop-db"];
    return run([...argv, "--as", "ada", "--groups", "engineers", "--catalog", file], {});
  };

  it("follows the data with a saved catalog, in words and as a tree", async () => {
    const sql = "select lower(users.ssn) as x, u.id from users, orders u where users.id = 1";
    const { out, err } = await withCatalog(await saved({}), sql);
    expect(err).toBe("");
    expect(out.split("\n").slice(1)).toEqual([
      "  x ← lower(users.ssn): masked whole by pii",
      "    └─ public.users.ssn: pii (redact)",
      "  id ← public.orders.id: not masked",
      "",
    ]);
  });

  it("says which column a statement is refused for, and names that the catalog lacks", async () => {
    const asked = await withCatalog(await saved({}), "select id from users order by ssn");
    expect(asked.out).toContain("public.users.ssn (pii) is asked about by an order");
    const lost = await withCatalog(await saved({}), "select a from lost");
    expect(lost.out).toContain("The saved catalog does not have: lost.");
  });

  it.each([
    ["no catalog at all", "[]", "expected object"],
    ["no JSON", "{", "is not JSON"],
    ["another shape", JSON.stringify({ resource: "shop-db", catalog: { version: 1 } }), "version"],
    ["another resource", JSON.stringify({ resource: "x", catalog: SHOP }), "the catalog of x"],
  ])("refuses %s in a catalog's file", async (_, content, said) => {
    const ran = await withCatalog(await inFile(content), "select 1");
    expect(ran).toMatchObject({ code: 2, out: "", err: expect.stringContaining(said) });
  });

  it("wants to know the resource of a statement", async () => {
    const argv = ["policy", "explain", await inFile(policy), "select 1", "--as", "ada"];
    expect((await run(argv, {})).code).toBe(2);
  });

  it("finds a wrong condition before anybody is asked, also for apply", async () => {
    const file = await inFile(policy.replace("command.unbounded", "command.unbounded + 1"));
    const ran = await run(["apply", file], { SLUICE_URL: "http://127.0.0.1:9" });
    expect(ran).toMatchObject({ code: 1, err: expect.stringContaining("guardrails.0.when") });
  });

  it("names every error of a document with its line", async () => {
    const file = await inFile(POLICY.replace("access: [read]", "access: [fly]"));
    const ran = await run(["policy", "explain", file, "--as", "ada"], {});
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(/line 11, column \d+/);
  });
});

describe("audit verify", () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const x = publicKey.export({ format: "jwk" }).x as string;
  const key = Buffer.from(x, "base64url").toString("base64");
  const keys = JSON.stringify({ keys: [{ id: "k1", algorithm: "Ed25519", key }] });
  const sha256 = (data: Uint8Array) => createHash("sha256").update(data).digest();

  function recording(): Uint8Array {
    const session = "ses_a";
    const header = headerJson({ session, principal: "ada", resource: "shop-db", openedAt: 1 });
    const end = { code: "done", message: "", commands: 0, toClientBytes: 0, toUpstreamBytes: 0 };
    const facts = [{ kind: "note", message: "hello" } as const, { kind: "end", ...end } as const];
    const records = facts.map((fact) => encodeEvent({ at: 1, command: 0, fact }, (plain) => plain));
    const h = records.reduce(
      (before, one) => sha256(chainLink(before, one)),
      sha256(chainSeed(header)),
    );
    const head = { session, first: 1, last: 2, h: hex(h), at: 1, delivered: 2 };
    const signed = signHead(head, "k1", sign(null, headBytes(head), privateKey));
    const chunk = encodeChunk({ head: signed, body: gzipSync(concat(records)) });
    return concat([encodeExportHeader(header), chunk]);
  }

  const verified = async (raw: Uint8Array) =>
    run(["audit", "verify", await inFile(raw), "--keys", await inFile(keys)], {});

  it("says of an untouched recording that it is whole, without any network", async () => {
    expect(await verified(recording())).toEqual({ code: 0, out: "whole: 2 records\n", err: "" });
  });

  it("says cut of a missing tail, and broken of a changed bit, with exit code 1", async () => {
    const raw = recording();
    const cut = await verified(raw.subarray(0, raw.length - 1));
    expect(cut).toMatchObject({ code: 1, out: "cut at 1\n" });
    raw[raw.indexOf(0x6b)]! ^= 1;
    expect((await verified(raw)).out).toContain("broken at 1");
  });

  const heads = (chunks: readonly object[]) => {
    const body = JSON.stringify({ number: 1, previous: null, from: 0, until: 60_000, chunks });
    const signature = sign(null, hourBytes(body), privateKey).toString("base64");
    return `${JSON.stringify({ body, key: "k1", signature })}\n`;
  };
  const chunk = (session: string) => ({ session, first: 1, last: 2, h: "ab" });

  it("checks the heads of all sessions offline", async () => {
    const text = heads([chunk("ses_a")]);
    const until = "1970-01-01T00:01:00.000Z";
    const out = `whole: 1 heads up to ${until}, 1 sessions\n`;
    expect(await verified(Buffer.from(text))).toEqual({ code: 0, out, err: "" });
    const changed = await verified(Buffer.from(text.replace("ses_a", "ses_b")));
    expect(changed).toMatchObject({ code: 1, out: "broken at 1: no valid signature by key k1\n" });
  });

  it("asks the gateway for what the heads list: a deleted session shows", async () => {
    const gateway = await FakeGateway.start();
    const manifest = (session: string) => ({
      session,
      header: "",
      live: false,
      chunks: [{ ...chunk(session), at: 1, delivered: 2, key: "k1", signature: "" }],
    });
    gateway.handle = ({ url = "" }) => {
      if (url.endsWith("/sluice-keys")) return { status: 200, json: JSON.parse(keys) };
      if (url.includes("ses_gone")) return problemAnswer(404, "unknown", "No such session.");
      const [, id = ""] = /sessions\/(\w+)/.exec(url) ?? [];
      return { status: 200, json: manifest(id) };
    };
    const file = await inFile(
      heads([chunk("ses_a"), chunk("ses_gone"), { ...chunk("ses_b"), h: "cd" }]),
    );
    const env = { SLUICE_URL: gateway.url, SLUICE_TOKEN: "t" };
    const ran = await run(["audit", "verify", file], env);
    await gateway.stop();
    expect(ran.code).toBe(1);
    expect(ran.out).toContain("ses_gone from 1: missing\nses_b from 1: changed\n");
    expect(ran.out).not.toContain("ses_a");
  });

  it("wants keys that are keys", async () => {
    const argv = ["audit", "verify", await inFile(recording()), "--keys", await inFile("{}")];
    expect((await run(argv, {})).code).toBe(2);
  });
});
