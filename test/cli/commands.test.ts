import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { concat, utf8 } from "../../core/bytes.ts";
import manifest from "../../package.json" with { type: "json" };
import { FakeGateway, type FakeSession, problemAnswer } from "./fake-gateway.ts";
import { type Ran, run } from "./run.ts";
import { columns, loginWith, message, READY, row, tag } from "./wire.ts";

let gateway: FakeGateway;
beforeEach(async () => void (gateway = await FakeGateway.start()));
afterEach(() => gateway.stop());

const sluice = (argv: readonly string[], input = ""): Promise<Ran> =>
  run(
    argv,
    { SLUICE_URL: gateway.url, SLUICE_TOKEN: "t-ada", XDG_STATE_HOME: "/nowhere" },
    { input },
  );

const RESOURCE = {
  name: "shop-db",
  id: "res_aaaaaaaaaaaaaaaaaaaaaaaaaa",
  type: "postgres",
  database: "shop",
  url: null,
  labels: {},
  state: "open",
  access: ["read"],
  grants: ["engineers"],
  why: "engineers may \u001b[31m",
  mayAsk: [],
  endsAt: null,
};

const answer = (json: unknown) => () => ({ status: 200, json });

it("--version is that of the package", async () => {
  expect((await sluice(["--version"])).out).toBe(`${manifest.version}\n`);
});

describe("sessions show --exact", () => {
  it("wants a reason before it asks anybody", async () => {
    expect((await sluice(["sessions", "show", "ses_a", "--exact"])).code).toBe(2);
    expect(gateway.requests).toEqual([]);
  });

  it("sends the reason, follows pages, and shows texts and binds for a terminal", async () => {
    const parameters = [
      { type: 25, format: 0, value: Buffer.from("a\u001b").toString("base64") },
      { type: 17, format: 1, value: "AP8=" },
      { type: 25, format: 0, value: null },
    ];
    const one = { seq: 2, at: "2026-11-25T12:00:00.000Z", command: 1, text: "select 1" };
    const pages = [7, null];
    gateway.handle = () => ({
      status: 200,
      json: { items: [{ ...one, parameters }], next: pages.shift() ?? null },
    });
    const argv = ["sessions", "show", "ses_a", "--exact", "--reason", "incident 12"];
    const { code, out } = await sluice(argv);
    expect(code).toBe(0);
    expect(out.match(/select 1/g)).toHaveLength(2);
    expect(out).toContain("$1 = a\\x1b");
    expect(out).toContain("$2 = \\x00ff");
    expect(out).toContain("$3 = NULL");
    expect(gateway.requests.map(({ body }) => JSON.parse(body))).toEqual([
      { reason: "incident 12", from: 0 },
      { reason: "incident 12", from: 7 },
    ]);
  });
});

describe("listings", () => {
  it("print a table whose cells cannot steer the terminal", async () => {
    gateway.handle = answer({ items: [RESOURCE] });
    const { code, out } = await sluice(["ls"]);
    expect(code).toBe(0);
    expect(out).toContain("shop-db  postgres  open   read    engineers may \\x1b[31m");
    expect(gateway.requests[0]).toMatchObject({ url: "/api/resources", token: "Bearer t-ada" });
  });

  it("print with --json one array of objects, id first", async () => {
    gateway.handle = answer({ items: [RESOURCE] });
    const { out } = await sluice(["ls", "--json"]);
    expect(JSON.parse(out)).toEqual([RESOURCE]);
    expect(out.startsWith('[{"id":"res_')).toBe(true);
  });

  it("refuse an answer that is not what the contract says", async () => {
    gateway.handle = answer({ items: [{ name: "x" }] });
    expect(await sluice(["ls"])).toMatchObject({ code: 4, out: "" });
  });

  it("of sessions ask for what is given, instants in UTC, and refuse what is none", async () => {
    gateway.handle = answer({ items: [], next: null });
    const days = ["--from", "2026-11-25", "--to", "2026-11-25T12:00:00+02:00"];
    const what = ["--verdict", "blocked", "--rule", "no-drop", "--text", '"drop table"'];
    expect((await sluice(["sessions", ...days, ...what, "--json"])).out).toBe("[]\n");
    const [asked] = gateway.requests;
    expect(Object.fromEntries(new URL(asked?.url ?? "", gateway.url).searchParams)).toEqual({
      from: "2026-11-25T00:00:00.000Z",
      to: "2026-11-25T10:00:00.000Z",
      verdict: "blocked",
      rule: "no-drop",
      text: '"drop table"',
      limit: "50",
    });
    expect((await sluice(["sessions", "--from", "yesterday"])).code).toBe(2);
    expect((await sluice(["sessions", "--verdict", "nice"])).code).toBe(2);
  });

  it("follow pages up to the limit", async () => {
    const pages = ["p2", null];
    gateway.handle = () => ({ status: 200, json: { items: [], next: pages.shift() } });
    expect((await sluice(["reviews", "--json"])).out).toBe("[]\n");
    expect(gateway.requests.map((request) => request.url)).toEqual([
      "/api/reviews?state=pending&limit=50",
      "/api/reviews?state=pending&limit=50&after=p2",
    ]);
  });
});

describe("exit codes", () => {
  it.each([
    [403, 1],
    [404, 1],
    [401, 3],
    [500, 4],
  ])("of status %i is %i, with problem+json on stderr", async (status, code) => {
    gateway.handle = () => problemAnswer(status, "some_code", "Because.");
    const ran = await sluice(["whoami", "--json"]);
    expect(ran).toMatchObject({ code, out: "" });
    expect(JSON.parse(ran.err)).toMatchObject({ status, code: "some_code", detail: "Because." });
    expect((await sluice(["whoami"])).err).toBe("sluice: Because.\n");
  });

  it("of wrong usage is 2, of nobody signed in 3, of nobody there 4", async () => {
    expect((await sluice(["nonsense"])).code).toBe(2);
    expect((await sluice(["connect", "x", "--port", "70000"])).code).toBe(2);
    expect((await sluice(["ls", "--help"])).code).toBe(0);
    expect((await run(["ls"], { XDG_STATE_HOME: "/nowhere" })).code).toBe(3);
    const away = { SLUICE_URL: "http://127.0.0.1:9", SLUICE_TOKEN: "t" };
    expect((await run(["ls"], away)).code).toBe(4);
    expect((await run(["ls"], { SLUICE_URL: "http://gateway.example" })).code).toBe(2);
  });

  it("of what cannot be a token is 2, and it is not quoted", async () => {
    const env = { SLUICE_URL: gateway.url, SLUICE_TOKEN: "Error: s3cret\nat line 2" };
    const { code, err } = await run(["ls"], env);
    expect(code).toBe(2);
    expect(err).toBe("sluice: SLUICE_TOKEN does not hold a token.\n");
  });
});

describe("secret set", () => {
  const stored = { name: "db-password", author: "max", updatedAt: "2026-11-25T10:00:00.000Z" };

  it("takes the value from standard input, without the line's end", async () => {
    gateway.handle = answer(stored);
    const { code, out } = await sluice(["secret", "set", "db-password"], "s3cret\n");
    expect(code).toBe(0);
    expect(out).not.toContain("s3cret");
    expect(gateway.requests[0]).toMatchObject({
      method: "PUT",
      url: "/api/secrets/db-password",
      body: '{"value":"s3cret"}',
    });
  });

  it("takes none from the command line, and no empty one", async () => {
    expect((await sluice(["secret", "set", "db-password", "s3cret"])).code).toBe(2);
    expect((await sluice(["secret", "set", "db-password"], "\n")).code).toBe(2);
    expect(gateway.requests).toEqual([]);
  });
});

describe("sql", () => {
  const LOGIN = loginWith(new Uint8Array(8));

  /** Logs in, then answers the query with these messages. */
  function serving(...messages: Uint8Array[]): { asked: () => string } {
    let query = "";
    gateway.handle = answer(RESOURCE);
    const serve = async (session: FakeSession) => {
      await session.next();
      session.data(LOGIN);
      const frame = await session.next();
      if (frame.is === "data") query = Buffer.from(frame.bytes).toString();
      session.data(concat(messages));
    };
    gateway.onSession = (session) => void serve(session);
    return { asked: () => query };
  }

  it("prints rows as they were sent, statement by statement", async () => {
    const rows = [columns("n"), row("1"), tag("SELECT 1"), tag("UPDATE 3"), READY];
    const { asked } = serving(...rows);
    const ran = await sluice(["sql", "shop-db", "select 1; update x set y = 1"]);
    expect(ran).toEqual({ code: 0, out: "n\n-\n1\nSELECT 1\nUPDATE 3\n", err: "" });
    expect(asked()).toContain("select 1; update x set y = 1\0");
  });

  it("says an error on stderr and exits with 1, keeping what came before", async () => {
    const error = message("E", "SERROR\0C42501\0MNot allowed: no-drop.\0\0");
    serving(columns("n"), row("1"), tag("SELECT 1"), error, READY);
    const ran = await sluice(["sql", "shop-db", "x", "--json"]);
    expect(ran).toMatchObject({ code: 1, out: '[{"n":"1"}]\n' });
    expect(ran.err).toContain("ERROR:  Not allowed: no-drop. (42501)");
  });

  it("fails when the session ends before the answer is complete", async () => {
    gateway.handle = answer(RESOURCE);
    gateway.onSession = (session) => {
      session.data(concat([LOGIN, columns("n"), row("1")]));
      session.send({ is: "close", code: "57P01", message: "The grant ended." });
    };
    const ran = await sluice(["sql", "shop-db", "x", "--csv"]);
    expect(ran).toMatchObject({ code: 1, out: "n\r\n1\r\n" });
    expect(ran.err).toContain("The grant ended.");
  });

  it("streams: a result larger than any window arrives whole", async () => {
    const wide = "x".repeat(1000);
    gateway.handle = answer(RESOURCE);
    const serve = async (session: FakeSession) => {
      await session.next();
      session.data(LOGIN);
      await session.next();
      session.data(columns("n"));
      let [sent, acknowledged] = [LOGIN.length + columns("n").length, 0];
      const chunk = concat(Array.from({ length: 200 }, () => row(wide)));
      for (let i = 0; i < 20; i++) {
        while (sent + chunk.length - acknowledged > 1_048_576) {
          const frame = await session.next();
          if (frame.is === "ack") acknowledged = frame.total;
        }
        session.data(chunk);
        sent += chunk.length;
      }
      session.data(concat([tag("SELECT 4000"), READY]));
    };
    gateway.onSession = (session) => void serve(session);
    const { out } = await sluice(["sql", "shop-db", "x", "--csv"]);
    expect(out.split("\r\n").length).toBe(4002);
  });

  it("shows why no session was opened", async () => {
    gateway.handle = answer(RESOURCE);
    gateway.refuseWith = problemAnswer(403, "no_grant", "No grant for you.");
    const ran = await sluice(["sql", "shop-db", "x"]);
    expect(ran.code).toBe(1);
    expect(ran.err).toContain("No grant for you.");
  });
});

describe("sessions export --raw", () => {
  it("writes the header and every chunk as the store has it", async () => {
    const head = { session: "s", last: 1, h: "", at: 0, delivered: 1, key: "k", signature: "" };
    gateway.handle = ({ url }) =>
      url?.endsWith("/recording") === true
        ? answer({
            session: "s",
            header: '{"session":"s"}',
            live: false,
            chunks: [1, 2].map((first) => ({ ...head, first })),
          })()
        : { status: 200, json: url?.at(-1) };
    const { code, out } = await sluice(["sessions", "export", "s", "--raw"]);
    expect(code).toBe(0);
    expect(utf8(out)).toEqual(
      concat([new Uint8Array([0, 0, 0, 15]), utf8('{"session":"s"}"1""2"')]),
    );
  });
});
