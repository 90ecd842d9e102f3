import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { run } from "./run.ts";

const POLICY = `resources:
  - { name: db, type: postgres, host: db.internal, database: d, user: u }
  - { name: api, type: http, url: https://api.internal }
grants:
  - { id: engineers, groups: [engineers], resources: [api, db], access: [read, write] }
guardrails:
  - id: large
    resources: [api]
    when: http.method == "POST" && http.body.amount > 1000
    then: review
    reviewers: [leads]
  - { id: staff, resources: [api], then: block, message: Not you.,
      when: '"x-role" in http.headers && http.headers["x-role"] == "boss"' }
masking:
  - { id: cards, resources: [api], fields: [card], on: [requests], technique: redact }
roles: { reviewer: [leads], auditor: [], admin: [leads] }
`;

let file: string;
beforeAll(async () => {
  file = join(await mkdtemp(join(tmpdir(), "sluice-explain-")), "sluice.yaml");
  await writeFile(file, POLICY);
});

/** Nobody is asked: there is no gateway at all. */
const explained = (text: string, ...more: string[]) => {
  const who = ["--as", "ada", "--groups", "engineers", "--on", "api"];
  return run(["policy", "explain", file, text, ...who, ...more], {});
};

describe("policy explain of a request", () => {
  it.each([
    ["GET /customers/7", [], "get on /customers/7 is allowed by the grant engineers.\n"],
    [
      "POST /payments",
      ["--body", '{"amount": 5000}'],
      "post on /payments waits by the guardrail large until one person of leads approve within " +
        "15 minutes.\n",
    ],
    [
      "GET /a",
      ["--header", "X-Role: boss"],
      "get on /a is blocked by the guardrail staff: Not you.\n",
    ],
    // A header that came twice is for one reader the first, for another the last.
    [
      "GET /a",
      ["--header", "X-Role: x", "--header", "X-Role: boss"],
      "get on /a is blocked by the guardrail staff: The condition of the rule staff could not be " +
        "evaluated.\n",
    ],
    [
      "POST /a",
      ["--body", "amount=5", "--header", "content-type: application/x-www-form-urlencoded"],
      "post on /a is blocked by the guardrail large: The condition of the rule large could not " +
        "be evaluated.\n",
    ],
    [
      "POST /a",
      ["--body", '{"amount": 1, "Amount": 5000}'],
      'This is refused before any rule is asked: The body has "Amount" twice in one object.\n',
    ],
    [
      "GET /a/../b",
      [],
      "This is refused before any rule is asked: The path holds a segment of dots. This resource " +
        "does not list dot-segment.\n",
    ],
    [
      "GET /a",
      ["--body", "{}"],
      "This is refused before any rule is asked: A body of GET has no meaning (RFC 9110), and " +
        "stays.\n",
    ],
  ])("%s %j", async (text, more, said) => {
    expect(await explained(text, ...more)).toEqual({ code: 0, out: said, err: "" });
  });

  it("shows what of it is masked on its way, wherever it stands", async () => {
    const sent = ["--body", '{"amount": 5, "card": "4111"}', "--header", "Card: 4111"];
    const { out } = await explained("POST /payments?card=4111&b=1", ...sent);
    expect(out).toBe(
      "post on /payments is allowed by the grant engineers.\n" +
        "  Masked on its way in by cards:\n" +
        "POST /payments?card=%5Bredacted%5D&b=1\n" +
        '{"amount": 5, "card": "[redacted]"}\n',
    );
    const told = await explained("GET /payments?card=4111", "--json");
    expect(JSON.parse(told.out)).toEqual([
      expect.objectContaining({ id: "api", verdict: "allow", maskedIn: ["cards"] }),
    ]);
  });

  it.each([
    ["a statement", ["select 1"], "method: a method in capitals"],
    ["more than a method and a path", ["GET /a HTTP/1.1"], "Of a request, METHOD and PATH"],
    ["a header without a value", ["GET /a", "--header", "x"], 'A header is "NAME: VALUE"'],
    ["a catalog", ["GET /a", "--catalog", "x.json"], "A catalog is for a statement"],
    ["a path of another root", ["GET a"], "path: begin it with a slash"],
  ])("does not take %s", async (_, [text = "", ...more], said) => {
    const ran = await explained(text, ...more);
    expect(ran).toMatchObject({ code: 2, out: "", err: expect.stringContaining(said) });
  });

  it("takes no body with a statement", async () => {
    const who = ["--as", "ada", "--on", "db"];
    const ran = await run(["policy", "explain", file, "select 1", "--body", "{}", ...who], {});
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining("for a request") });
  });
});
