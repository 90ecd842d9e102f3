import { stat } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Listener } from "../../cli/tunnel/listener.ts";
import { Tunnel, type TunnelEvents } from "../../cli/tunnel/tunnel.ts";
import { concat, fromHex, utf8 } from "../../core/bytes.ts";
import { tunnelAckBytes, tunnelWindowBytes } from "../../core/limits.ts";
import { FakeGateway, type FakeSession, problemAnswer } from "./fake-gateway.ts";
import {
  cancelRequest,
  Client,
  GSS_REQUEST,
  loginWith,
  message,
  READY,
  SSL_REQUEST,
  STARTUP,
} from "./wire.ts";

let gateway: FakeGateway;
let listener: Listener;
let notices: string[];

const options = () => ({
  open: (events: TunnelEvents) => Tunnel.open(gateway.url, "shop-db", "token-of-ada", events),
  notice: (said: string) => void notices.push(said),
});

beforeEach(async () => {
  gateway = await FakeGateway.start();
  notices = [];
  listener = await Listener.onSocket(options());
});

afterEach(async () => {
  await listener.close();
  await gateway.stop();
});

/** A client whose startup packet has reached the gateway. */
async function connected() {
  const client = await Client.at(listener.door);
  client.write(STARTUP);
  const session = await gateway.session();
  expect(await session.bytes(STARTUP.length)).toEqual(Buffer.from(STARTUP));
  return { client, session };
}

const cancelsOf = async (session: FakeSession) =>
  (await session.untilPong()).filter((frame) => frame.is === "cancel");

const KEY = fromHex("0000002ac0ffee01");
const OTHER_KEY = fromHex("0000002bc0ffee02");

describe("the Unix socket", () => {
  it("lies in a directory that only its owner may enter, and goes with the listener", async () => {
    const { door } = listener;
    if (door.kind !== "socket") throw new Error(door.kind);
    expect((await stat(door.directory)).mode & 0o777).toBe(0o700);
    await listener.close();
    await expect(stat(door.directory)).rejects.toThrow("ENOENT");
  });

  it("opens a tunnel per connection, the token in Authorization and nowhere else", async () => {
    const { session } = await connected();
    expect(session.request.headers.authorization).toBe("Bearer token-of-ada");
    expect(session.request.headers["sec-websocket-extensions"]).toBeUndefined();
    expect(session.request.url).toBe("/tunnel/shop-db");
    await connected();
  });

  it("declines TLS and GSSAPI on this machine and forwards neither", async () => {
    const client = await Client.at(listener.door);
    client.write(GSS_REQUEST);
    expect((await client.read(1)).toString()).toBe("N");
    client.write(SSL_REQUEST);
    expect((await client.read(1)).toString()).toBe("N");
    client.write(STARTUP);
    const session = await gateway.session();
    expect(await session.bytes(STARTUP.length)).toEqual(Buffer.from(STARTUP));
  });

  it("takes a startup packet byte by byte, and what was sent behind it in one go", async () => {
    const client = await Client.at(listener.door);
    for (const byte of STARTUP) client.write(new Uint8Array([byte]));
    client.write(utf8("behind"));
    const session = await gateway.session();
    const all = await session.bytes(STARTUP.length + 6);
    expect(all).toEqual(Buffer.concat([STARTUP, Buffer.from("behind")]));
  });
});

describe("the TCP port", () => {
  let port: Listener;
  beforeEach(async () => void (port = await Listener.onPort(0, options())));
  afterEach(() => port.close());

  async function saying(password: string): Promise<Client> {
    const client = await Client.at(port.door);
    client.write(STARTUP);
    expect((await client.read(9)).toString("hex")).toBe("520000000800000003");
    client.write(message("p", `${password}\0`));
    return client;
  }

  it("forwards the startup packet after its own password, and never the password", async () => {
    if (port.door.kind !== "tcp") throw new Error(port.door.kind);
    const client = await saying(port.door.password);
    const session = await gateway.session();
    client.write(utf8("query"));
    const all = await session.bytes(STARTUP.length + 5);
    expect(all).toEqual(Buffer.concat([STARTUP, Buffer.from("query")]));
  });

  it("refuses another password before the gateway hears of it", async () => {
    const client = await saying("guess");
    expect((await client.rest()).toString()).toContain("28P01");
    expect(gateway.untaken).toBe(0);
  });

  it("refuses what is no password message", async () => {
    const client = await Client.at(port.door);
    client.write(STARTUP, message("Q", "select 1\0"));
    expect((await client.rest()).toString()).toContain("28P01");
    expect(gateway.untaken).toBe(0);
  });
});

describe("windows", () => {
  it("read the client no further than the gateway gives credit", async () => {
    const { client, session } = await connected();
    client.write(Buffer.alloc(3 * tunnelWindowBytes, 7));
    await session.bytes(tunnelWindowBytes - STARTUP.length);
    expect(await session.untilPong()).toEqual([]);
    session.send({ is: "ack", total: 1000 });
    await session.bytes(1000);
    expect(await session.untilPong()).toEqual([]);
  });

  it("acknowledge what the client's kernel took, not what merely arrived", async () => {
    const { client, session } = await connected();
    const answer = Buffer.alloc(tunnelWindowBytes, 1);
    session.data(answer);
    const early = await session.untilPong();
    const told = early.map((frame) => (frame.is === "ack" ? frame.total : 0));
    expect(Math.max(0, ...told)).toBeLessThan(tunnelWindowBytes - tunnelAckBytes);
    expect((await client.read(answer.length)).equals(answer)).toBe(true);
    let total = 0;
    while (total <= tunnelWindowBytes - tunnelAckBytes) {
      const frame = await session.next();
      if (frame.is === "ack") total = frame.total;
    }
    session.data(Buffer.alloc(total, 2));
    expect((await client.read(total)).every((byte) => byte === 2)).toBe(true);
  });

  it("end the session when the gateway sends more than one", async () => {
    const { session } = await connected();
    session.data(Buffer.alloc(tunnelWindowBytes + tunnelAckBytes + 300_000));
    for (;;) {
      const frame = await session.next();
      if (frame.is === "ack") continue;
      expect(frame).toMatchObject({ is: "close", code: "protocol" });
      break;
    }
  });

  it("end the session on an acknowledgement of what was never sent", async () => {
    const { session } = await connected();
    session.send({ is: "ack", total: STARTUP.length + 1 });
    expect(await session.next()).toMatchObject({ is: "close", code: "protocol" });
  });

  it.each([["text"], [new Uint8Array([9])], [new Uint8Array(0)]])(
    "end the session on a message that is no frame: %o",
    async (wrong) => {
      const { session } = await connected();
      session.raw(wrong);
      expect(await session.next()).toMatchObject({ is: "close", code: "protocol" });
    },
  );
});

describe("cancel", () => {
  it("goes to the session whose server gave the key, without the process id", async () => {
    const first = await connected();
    const second = await connected();
    first.session.data(loginWith(KEY));
    second.session.data(loginWith(OTHER_KEY));
    await first.client.read(loginWith(KEY).length);
    await second.client.read(loginWith(OTHER_KEY).length);
    const asker = await Client.at(listener.door);
    asker.write(cancelRequest(OTHER_KEY));
    expect((await asker.rest()).length).toBe(0);
    const frame = await second.session.next();
    expect(frame).toEqual({ is: "cancel", key: Buffer.from("c0ffee02", "hex") });
    expect(await cancelsOf(first.session)).toEqual([]);
  });

  it("is dropped in silence with a key that nobody has, or whose session is over", async () => {
    const { client, session } = await connected();
    session.data(loginWith(KEY));
    await client.read(loginWith(KEY).length);
    const asker = await Client.at(listener.door);
    asker.write(cancelRequest(OTHER_KEY));
    expect((await asker.rest()).length).toBe(0);
    expect(await cancelsOf(session)).toEqual([]);
    session.send({ is: "close", code: "57P01", message: "Over." });
    await client.rest();
    const late = await Client.at(listener.door);
    late.write(cancelRequest(KEY));
    expect((await late.rest()).length).toBe(0);
  });
});

describe("keep-alive", () => {
  it("pings every 30 seconds and gives up after two that nobody answers", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const { client, session } = await connected();
      for (let i = 0; i < 2; i++) {
        vi.advanceTimersByTime(30_000);
        expect(await session.next()).toEqual({ is: "ping" });
      }
      session.send({ is: "pong" });
      expect(await session.untilPong()).toEqual([]);
      for (let i = 0; i < 2; i++) {
        vi.advanceTimersByTime(30_000);
        expect(await session.next()).toEqual({ is: "ping" });
      }
      vi.advanceTimersByTime(30_000);
      expect((await client.rest()).toString()).toContain("C08006\0");
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("endings", () => {
  it.each([
    [403, "no_grant", "28000"],
    [404, "unknown", "3D000"],
    [401, "token_expired", "28000"],
    [426, "upgrade_required", "08P01"],
    [503, "internal", "08001"],
  ])("tell the client of status %i in its own protocol", async (status, code, sqlstate) => {
    gateway.refuseWith = problemAnswer(status, code, "You may not; ask leads.");
    const client = await Client.at(listener.door);
    client.write(STARTUP);
    const said = (await client.rest()).toString();
    expect(said[0]).toBe("E");
    expect(said).toContain(`SFATAL\0`);
    expect(said).toContain(`C${sqlstate}\0`);
    expect(said).toContain("MYou may not; ask leads.\0");
  });

  it("tell the client when nobody answers", async () => {
    await gateway.stop();
    const client = await Client.at(listener.door);
    client.write(STARTUP);
    expect((await client.rest()).toString()).toContain("C08001\0");
    gateway = await FakeGateway.start();
  });

  it("tell the client a close frame's message when it has heard nothing yet", async () => {
    const { client, session } = await connected();
    session.send({ is: "close", code: "08001", message: "The target is not there." });
    const said = (await client.rest()).toString();
    expect(said).toContain("C08001\0");
    expect(said).toContain("MThe target is not there.\0");
  });

  it("tell the person, not the stream, once data has come", async () => {
    const { client, session } = await connected();
    session.data(READY);
    session.send({ is: "close", code: "57P01", message: "The grant ended." });
    expect(await client.rest()).toEqual(Buffer.from(READY));
    expect(notices).toEqual(["The grant ended."]);
  });

  it("do not bother the person when the client itself has left", async () => {
    const { client, session } = await connected();
    session.data(READY);
    session.send({ is: "close", code: "client_ended", message: "The client said goodbye." });
    await client.rest();
    expect(notices).toEqual([]);
  });

  it("acknowledge with a pong what the client has got, however little", async () => {
    const { client, session } = await connected();
    session.data(READY);
    await client.read(READY.length);
    expect(await session.untilPong()).toEqual([{ is: "ack", total: READY.length }]);
  });

  it("tell the client that the connection is lost when it breaks", async () => {
    const { client, session } = await connected();
    session.drop();
    expect((await client.rest()).toString()).toContain("C08006\0");
  });

  it("pass half-close on, each way by itself", async () => {
    const { client, session } = await connected();
    client.socket.end(message("X", ""));
    expect(await session.bytes(5)).toEqual(Buffer.from(message("X", "")));
    expect(await session.next()).toEqual({ is: "end" });
    session.data(utf8("late answer"));
    session.send({ is: "end" });
    expect((await client.rest()).toString()).toBe("late answer");
    expect(await session.next()).toEqual({ is: "ack", total: 11 });
    expect(await session.next()).toMatchObject({ is: "close", code: "client_ended" });
  });

  it("end the session at the gateway when the client breaks off", async () => {
    const { client, session } = await connected();
    client.socket.destroy();
    session.data(Buffer.alloc(1000));
    session.data(concat([READY]));
    for (;;) {
      const frame = await session.next();
      if (frame.is === "close" || frame.is === "gone") break;
    }
  });
});
