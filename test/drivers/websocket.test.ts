import { once } from "node:events";
import type { ClientRequest } from "node:http";
import { connect } from "node:net";
import { describe, expect, it, test } from "vitest";
import type { ReviewView } from "../../core/api/review.ts";
import { socketMessageBytesMax } from "../../core/limits.ts";
import { eventually } from "../edge/edge.ts";
import { closeOf, useSocketGate } from "../support/socket-gate.ts";
import { needs } from "../support/tools.ts";
import { run } from "./gate.ts";

/* The `ws` package, unchanged, through the gate to services that it serves as well. */

const gate = useSocketGate();

const CARD = "4111111111111111";

describe("messages", () => {
  it("come back masked: documents by their fields, texts by what is found in them", async () => {
    const one = await gate().talk("feed/ws-echo");
    expect(await one.ask("hello")).toBe("hello");
    expect(await one.ask(`{"card_number": "1234", "a":1, "note":"${CARD}"}`)).toBe(
      `{"card_number": "[redacted]", "a":1, "note":"[redacted:credit_card]"}`,
    );
    expect(await one.ask(`see ${CARD}`)).toBe("see [redacted:credit_card]");
    expect(await one.ask("")).toBe("");
    one.socket.close(1000);
    await one.closed;
  });

  it("come in the order in which the service sends them", async () => {
    const one = await gate().talk("feed/ws-push?count=500");
    expect(await one.closed).toEqual([1000, "that was all"]);
    expect(one.heard).toHaveLength(500);
    expect(one.heard.map((each) => (JSON.parse(String(each)) as { id: number }).id)).toEqual(
      Array.from({ length: 500 }, (_, n) => n + 1),
    );
    expect(one.heard.join()).not.toContain(CARD);
  });

  it("of bytes pass as the resource says, and documents in bytes are masked", async () => {
    const bytes = Buffer.from([0, 255, 1]);
    const raw = await gate().talk("raw/ws-echo");
    expect(await raw.ask(bytes)).toEqual(bytes);
    expect(String(await raw.ask(Buffer.from(`{"card_number":"1"}`)))).toBe(
      `{"card_number":"[redacted]"}`,
    );
    raw.socket.close();
    const feed = await gate().talk("feed/ws-echo");
    feed.socket.send(bytes);
    expect(await feed.closed).toMatchObject([1008, expect.stringContaining("cannot be read")]);
  });

  it("are large up to the bound, and may come in fragments", async () => {
    const one = await gate().talk("feed/ws-echo");
    const large = "x".repeat(socketMessageBytesMax);
    expect(await one.ask(large)).toBe(large);
    one.socket.send("in ", { fin: false });
    one.socket.send("pieces", { fin: true });
    expect(await one.next()).toBe("in pieces");
    one.socket.send(`${large}x`);
    expect(await one.closed).toMatchObject([1009, expect.stringContaining("too large")]);
  });

  it("may be compressed on their way to the client, never to the service", async () => {
    const one = await gate().talk("feed/ws-echo", [], { perMessageDeflate: true });
    expect(await one.ask(`{"card_number":"1"}`)).toBe(`{"card_number":"[redacted]"}`);
    expect(gate().upstream.seen.at(-1)?.rawHeaders.join()).not.toMatch(/sec-websocket-extensions/i);
    one.socket.close();
  });
});

describe("decisions", () => {
  it("close the socket where a message is blocked, and it never reaches the service", async () => {
    const one = await gate().talk("feed/ws-echo");
    one.socket.send("drop");
    one.socket.send("behind it");
    expect(await one.closed).toEqual([1008, "Nothing is dropped here."]);
    expect(one.heard).toEqual([]);
    const facts = await gate().recorded(one.session);
    const decided = facts.filter(
      ({ kind, fact }) => kind === "decision" && fact["verdict"] === "block",
    );
    expect(decided).toMatchObject([{ fact: { rules: ["no-drop"] } }]);
  });

  it("hold a message in its order until it is approved", async () => {
    const one = await gate().talk("feed/ws-echo");
    const held = JSON.stringify({ amount: 5000, card_number: "1234" });
    one.socket.send(held);
    one.socket.send("behind it");
    const review = await gate().pending();
    expect(review.shown).toBe(`MESSAGE /ws-echo\n{"amount":5000,"card_number":"[redacted]"}`);
    expect(one.heard).toEqual([]);
    await gate().api("rui", `/api/reviews/${review.id}/approve`, {});
    expect(await one.next()).toBe(`{"amount":5000,"card_number":"[redacted]"}`);
    expect(await one.next()).toBe("behind it");
    one.socket.close();
  });

  it("close it where a held message is rejected; a client that leaves withdraws it", async () => {
    const one = await gate().talk("feed/ws-echo");
    one.socket.send(`{"amount":5000}`);
    await gate().api("rui", `/api/reviews/${(await gate().pending()).id}/reject`, {
      comment: "Not today.",
    });
    expect(await one.closed).toEqual([1008, "rui rejected it: Not today."]);
    const other = await gate().talk("feed/ws-echo");
    other.socket.send(`{"amount":6000}`);
    const { id } = await gate().pending();
    other.socket.terminate();
    await eventually(async () => {
      const review = await gate().api<ReviewView>("rui", `/api/reviews/${id}`);
      return review.state === "withdrawn";
    });
  });

  it("refuse or hold the upgrade as any request", async () => {
    const { status, body } = await gate().refused("feed/ws-echo?no=1");
    expect([status, (JSON.parse(body) as { detail: string }).detail]).toEqual([
      403,
      "This one stays closed.",
    ]);
    const one = gate().begin("feed/ws-echo?ask=1");
    const opened = once(one.socket, "open");
    const review = await gate().pending();
    expect(review).toMatchObject({ shown: "GET /ws-echo?ask=1", operations: ["websocket"] });
    await gate().api("rui", `/api/reviews/${review.id}/approve`, {});
    await opened;
    expect(await one.ask("hello")).toBe("hello");
    one.socket.close();
  });
});

it("withdraws a held upgrade whose client resets its connection", async () => {
  const one = gate().begin("feed/ws-echo?ask=2");
  one.socket.on("error", () => {});
  const { _req } = one.socket as unknown as { _req: ClientRequest };
  const { id } = await gate().pending();
  _req.socket!.resetAndDestroy();
  await eventually(async () => {
    const review = await gate().api<ReviewView>("rui", `/api/reviews/${id}`);
    return review.state === "withdrawn";
  });
});

describe("the upgrade", () => {
  it("offers the client's subprotocols and takes the service's choice", async () => {
    const one = await gate().talk("feed/ws-echo", ["chat.2", "chat.1"]);
    expect(one.socket.protocol).toBe("chat.2");
    const { rawHeaders } = gate().upstream.seen.at(-1)!;
    expect(rawHeaders.join()).not.toMatch(new RegExp(`${gate().token("ada")}|origin|sluice-`, "i"));
    one.socket.close();
  });

  it("is refused where the service takes what nobody offered", async () => {
    expect((await gate().refused("own/other", ["chat"])).status).toBe(502);
  });

  it("that the service answers otherwise is answered so", async () => {
    expect((await gate().refused("raw/none")).status).toBe(404);
  });

  it("takes a bearer token alone, and no page of another origin", async () => {
    const headers = { authorization: "", cookie: `sluice=${gate().token("ada")}` };
    expect((await gate().refused("feed/ws-echo", [], { headers })).status).toBe(401);
    for (const origin of ["https://evil.example", "null"]) {
      expect((await gate().refused("feed/ws-echo", [], { origin })).status).toBe(403);
    }
    const one = await gate().talk("feed/ws-echo", [], { origin: gate().demo.url });
    expect(await one.ask("hello")).toBe("hello");
    one.socket.close();
  });

  /** The first bytes of the answer to a head written by hand. */
  async function raw(method: string, ...lines: readonly string[]): Promise<string> {
    const { gateway } = gate().demo.ports;
    const socket = connect(gateway, "localhost");
    const head = [`${method} /http/feed/ws-echo HTTP/1.1`, `Host: localhost:${gateway}`];
    const rest = [`Authorization: Bearer ${gate().token("ada")}`, "Connection: Upgrade", ...lines];
    socket.write([...head, ...rest, "", ""].join("\r\n"));
    const [answer] = (await once(socket, "data")) as [Buffer];
    socket.destroy();
    return String(answer);
  }
  const [WEBSOCKET, KEY] = ["Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];
  const VERSION = "Sec-WebSocket-Version: 13";

  test.for<[string, readonly string[]]>([
    ["h2c", ["Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"]],
    ["two protocols", ["Upgrade: h2c, websocket", KEY, VERSION]],
    ["another version", [WEBSOCKET, KEY, "Sec-WebSocket-Version: 8"]],
  ])("to %s is refused, and the service hears nothing", async ([, lines]) => {
    const before = gate().upstream.seen.length;
    expect(await raw("GET", ...lines)).toMatch(/^HTTP\/1\.1 400 /);
    expect(gate().upstream.seen).toHaveLength(before);
  });

  test.for<[string, readonly string[]]>([
    ["by POST", ["POST", WEBSOCKET, KEY, VERSION]],
    ["without a key", ["GET", WEBSOCKET, VERSION]],
  ])("%s is refused by the platform", async ([, [method = "", ...lines]]) => {
    expect(await raw(method, ...lines)).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe("ends", () => {
  it("say their codes and reasons both ways", async () => {
    const one = await gate().both();
    const heard = closeOf(one.service);
    one.talk.socket.close(4001, "bye");
    expect(await heard).toEqual([4001, "bye"]);
    expect(await one.talk.closed).toEqual([4001, "bye"]);
    const other = await gate().both();
    const echoed = closeOf(other.service);
    other.service.close(4002, `card ${CARD}`);
    expect(await other.talk.closed).toEqual([4002, "card [redacted:credit_card]"]);
    expect((await echoed)[0]).toBe(4002);
    const silent = await gate().both();
    silent.service.close();
    expect(await silent.talk.closed).toEqual([1005, ""]);
  });

  it("are known where one breaks off", async () => {
    const one = await gate().both();
    const heard = closeOf(one.service);
    one.talk.socket.terminate();
    expect(await heard).toEqual([1001, ""]);
    const other = await gate().both();
    other.service.terminate();
    expect(await other.talk.closed).toEqual([1011, "The service broke off."]);
  });

  it("come of a kill of the session, with the reason that was given", async () => {
    const { talk, service } = await gate().both();
    const heard = closeOf(service);
    await gate().api("max", `/api/sessions/${talk.session}/kill`, { reason: "That is enough." });
    const [code, reason] = await talk.closed;
    expect(code).toBe(1008);
    expect(reason).toContain("That is enough.");
    expect(await heard).toEqual([1001, ""]);
    const facts = await gate().recorded(talk.session);
    expect(facts.at(-1)?.kind).toBe("end");
  });
});

describe("another policy", () => {
  it("masks what comes after it, and without a grant it ends the socket", async () => {
    const one = await gate().talk("feed/ws-echo");
    expect(await one.ask(`{"phone":"123"}`)).toBe(`{"phone":"123"}`);
    await gate().apply("  - { id: phones, fields: [phone], technique: redact }");
    await eventually(async () => (await one.ask(`{"phone":"1"}`)) === `{"phone":"[redacted]"}`);
    await gate().apply("", "leads");
    expect(await one.closed).toMatchObject([1008, expect.stringMatching(/access/)]);
    await gate().apply("");
  });
});

it("counts each message of the client on her budgets", async () => {
  const budget = "id: few, resources: [feed], requests: 3, per: day, message: No more today.";
  await gate().apply(`budgets: [{ ${budget} }]`);
  const one = await gate().talk("feed/ws-echo");
  expect([await one.ask("a"), await one.ask("b")]).toEqual(["a", "b"]);
  one.socket.send("c");
  expect(await one.closed).toEqual([1013, "No more today."]);
  expect((await gate().refused("feed/ws-echo")).status).toBe(429);
  await gate().apply("");
});

it("curl, which knows no frames, is upgraded and reads masked ones", async (context) => {
  needs(context, "curl");
  const asks = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
  const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
  const token = `Authorization: Bearer ${gate().token("ada")}`;
  const headers = [...asks, key, token].flatMap((each) => ["-H", each]);
  const url = `${gate().demo.url}/http/feed/ws-push?count=3`;
  const more = ["--http1.1", "-isSN", "--max-time", "2", ...headers];
  const { stdout } = await run("curl", [...more, url]);
  // The accepting key is RFC 6455's own example, section 1.3.
  expect(stdout).toMatch(/^HTTP\/1\.1 101 /);
  expect(stdout).toMatch(/sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/iu);
  expect(stdout.match(/"card_number":"\[redacted\]"/gu)).toHaveLength(3);
  expect(stdout).not.toContain(CARD);
});

it("fifty at once, each with its own answers in its own order", async () => {
  const talks = await Promise.all(Array.from({ length: 50 }, () => gate().talk("feed/ws-echo")));
  expect(new Set(talks.map(({ session }) => session)).size).toBe(1);
  await Promise.all(
    talks.map(async (one, n) => {
      const messages = Array.from({ length: 20 }, (_, m) => `{"n":${n},"m":${m}}`);
      for (const message of messages) one.socket.send(message);
      for (const message of messages) expect(await one.next()).toBe(message);
      one.socket.close(1000);
      await one.closed;
    }),
  );
});

it("each message names the request that opened its WebSocket, also one not read", async () => {
  const [one, other] = [
    await gate().talk("feed/ws-echo?n=1"),
    await gate().talk("feed/ws-echo?n=2"),
  ];
  for (const talk of [one, other, one]) await talk.ask("a");
  other.socket.send('{"a":1,"a":2}');
  await other.closed;
  one.socket.close();
  await one.closed;
  const all = await gate().recorded(one.session);
  const opens = (n: number) =>
    all.findLast(({ fact }) => fact["shown"] === `GET /ws-echo?n=${n}`)?.command;
  const named = all.flatMap(({ kind, fact, command }) =>
    "opening" in fact && command > (opens(2) ?? 0) ? [[kind, fact["opening"]]] : [],
  );
  expect(named).toEqual([
    ["command", opens(1)],
    ["command", opens(2)],
    ["command", opens(1)],
    ["note", opens(2)],
  ]);
});

it("everything that was said lies in the recording, in its order", async () => {
  const one = await gate().talk("feed/ws-echo");
  for (const message of ["a", `{"card_number":"${CARD}"}`, "ä"]) await one.ask(message);
  one.socket.close(1000);
  await one.closed;
  const all = await gate().recorded(one.session);
  const opening = all.findLast(({ fact }) => fact["shown"] === "GET /ws-echo")!;
  const since = all.slice(all.indexOf(opening));
  const shown = since.flatMap(({ kind, fact, command }) => {
    if (kind === "command") return [`> ${String(fact["shown"])}`];
    if (kind !== "toClient") return [];
    expect(command).toBe(opening.command);
    return [`< ${Buffer.from(String(fact["bytes"]), "base64").toString()}`];
  });
  expect(shown).toEqual([
    "> GET /ws-echo",
    "> MESSAGE /ws-echo\na",
    "< a",
    `> MESSAGE /ws-echo\n{"card_number":"[redacted]"}`,
    `< {"card_number":"[redacted]"}`,
    "> MESSAGE /ws-echo\nä",
    "< ä",
  ]);
  expect(JSON.stringify(all)).not.toContain(CARD);
});
