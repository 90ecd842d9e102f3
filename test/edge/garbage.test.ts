import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { cancelsMax, pingsMax } from "../../core/limits.ts";
import { dataBytesMax } from "../../core/tunnel/frames.ts";
import { type Client, Edge, eventually } from "./edge.ts";
import { FakePostgres, message, query, startup } from "./fake-postgres.ts";

/** The type and length of BackendKeyData with a key of four bytes. */
const BACKEND_KEY = Buffer.from("K\0\0\0\x0c", "latin1");

/* A client that breaks the rules: of its protocol inside the tunnel, or of the tunnel itself. */

let edge: Edge;
let target: FakePostgres;

beforeAll(async () => {
  edge = await Edge.start();
});
afterAll(() => edge.stop());
beforeEach(async () => {
  target = new FakePostgres(() => {});
  await target.listen();
});
afterEach(() => target.stop());

const cases: readonly (readonly [string, (client: Client) => void])[] = [
  ["random bytes", (client) => client.send(randomBytes(1_000))],
  ["a message of an unknown type", (client) => client.send(message("~", Buffer.alloc(4)))],
  ["a message of an impossible length", (client) => client.send(Buffer.from("Q\0\0\0\x01xx"))],
  ["a server's message", (client) => client.send(message("R", Buffer.alloc(4)))],
];

describe("a client that does not speak PostgreSQL", () => {
  const hears = async (client: Client, id: string) => {
    expect((await client.frame("close")).code).toBe("client_protocol");
    expect(client.received.toString("latin1")).toContain("SFATAL\0VFATAL\0C08P01\0M");
    await eventually(() => edge.ended(id));
    expect(await edge.verdict(id)).toBe("whole");
    expect(target.queries).toEqual([]);
  };

  it("is told so in place of a login", async () => {
    const spec = edge.spec(target.port);
    const client = await edge.open(spec);
    await client.frame("opened");
    client.send(Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    await hears(client, spec.id);
  });

  it.each(cases)("is told so when it sends %s after its login", async (_, send) => {
    const spec = edge.spec(target.port);
    const client = await (await edge.open(spec)).logIn();
    send(client);
    await hears(client, spec.id);
  });
});

describe("a client that does not speak the tunnel's protocol", () => {
  const tunnelCases: readonly (readonly [string, (client: Client) => void])[] = [
    ["a text message", (client) => client.socket.send("hello")],
    ["an empty message", (client) => client.socket.send(Buffer.alloc(0))],
    ["an unknown type", (client) => client.socket.send(Buffer.from([99, 1]))],
    ["the gateway's own frame", (client) => client.socket.send(Buffer.from('\x07{"session":""}'))],
    [
      "pings without end, and no answer to ours",
      (client) => {
        for (let n = 0; n <= pingsMax; n++) client.put({ is: "ping" });
      },
    ],
    ["an acknowledgement of what was not sent", (client) => client.put({ is: "ack", total: 1e9 })],
    [
      "more than the window allows",
      (client) => {
        // Behind a held statement nothing is passed on, so nothing is acknowledged.
        client.send(query("delete from t"));
        for (let n = 0; n < 80; n++) client.send(Buffer.alloc(dataBytesMax, "x"));
      },
    ],
  ];

  it.each(tunnelCases)("is sent away for %s", async (_, send) => {
    const spec = edge.spec(target.port);
    const client = await (await edge.open(spec)).logIn();
    send(client);
    expect((await client.frame("close")).code).toBe("protocol");
    await eventually(() => edge.ended(spec.id));
    expect(await edge.verdict(spec.id)).toBe("whole");
    expect(target.queries).toEqual([]);
  });
});

it("a client that cancels without end gets a few connections to the target at once", async () => {
  const spec = edge.spec(target.port);
  const client = await edge.open(spec);
  await client.frame("opened");
  client.send(startup());
  const welcome = await client.answered();
  const key = welcome
    .subarray(welcome.indexOf(BACKEND_KEY) + BACKEND_KEY.length + 4)
    .subarray(0, 4);
  const before = target.sockets.length;
  for (let n = 0; n < 10 * cancelsMax; n++) client.put({ is: "cancel", key });
  client.send(message("X", Buffer.alloc(0)));
  await client.frame("close");
  await eventually(() => edge.ended(spec.id));
  const sent = (await edge.recording(spec.id)).filter(({ kind }) => kind === "cancel");
  expect(sent).toHaveLength(10 * cancelsMax);
  expect(target.sockets.length - before).toBeGreaterThan(0);
  expect(target.sockets.length - before).toBeLessThanOrEqual(cancelsMax);
});
