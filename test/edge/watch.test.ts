import { once } from "node:events";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import type { WatchMessage } from "../../core/api/record.ts";
import type { SessionSpec } from "../../core/session.ts";
import { type Client, Edge } from "./edge.ts";
import { complete, FakePostgres, query, READY } from "./fake-postgres.ts";

/* Who watches a live session: told soon, told little, and never at the session's expense. */

const updated = Buffer.concat([complete("UPDATE 1"), READY]);
const bounds = { watchersMax: 3, watchersEachMax: 2, watchTellMs: 10, watchPingMs: 60_000 };
let edge: Edge;
let target: FakePostgres;
const clients: Client[] = [];
beforeAll(async () => {
  edge = await Edge.start({ bounds });
  target = new FakePostgres((_, socket) => socket.write(updated));
  await target.listen();
});
afterAll(async () => {
  await edge.stop();
  await target.stop();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.socket.terminate();
});

async function live(): Promise<{ spec: SessionSpec; client: Client }> {
  const spec = edge.spec(target.port);
  const client = await (await edge.open(spec)).logIn();
  client.acknowledges = true;
  clients.push(client);
  return { spec, client };
}

type Asked = { readonly principal?: string; readonly from?: number; readonly expiresAt?: number };
const later = () => Date.now() + 60_000;

/** A page's WebSocket, as the worker hands it over, and what it is told. */
class Watch {
  readonly told: WatchMessage[] = [];
  readonly socket: WebSocket;
  /** Says `next` after each message. */
  reads = true;
  /** With which code it was closed. */
  readonly closed: Promise<number>;
  #wake: () => void = () => {};

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer) => {
      const message = JSON.parse(data.toString()) as WatchMessage;
      this.told.push(message);
      if (message.on === "more" && this.reads) socket.send("next");
      this.#wake();
    });
    this.closed = once(socket, "close").then(([code]) => code as number);
    this.closed.then(
      () => this.#wake(),
      () => {},
    );
  }

  static async open(session: string, asked: Asked = {}): Promise<Watch> {
    const spec = { principal: "u-ida", from: 1, expiresAt: later(), ...asked };
    const url = `${edge.gateway.url.replace("http", "ws")}/api/session/${session}`;
    const socket = new WebSocket(url, { headers: { "sluice-watcher": JSON.stringify(spec) } });
    const watch = new Watch(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("open", () => resolve());
      socket.once("error", reject);
    });
    await watch.until(({ on }) => on === "hello");
    return watch;
  }

  async until(wanted: (message: WatchMessage) => boolean): Promise<WatchMessage> {
    for (;;) {
      const found = this.told.find(wanted);
      if (found !== undefined) return found;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error("closed");
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  get hello() {
    return this.told[0] as Extract<WatchMessage, { on: "hello" }>;
  }
}

const last = (message: WatchMessage): number => (message.on === "ended" ? 0 : message.last);

describe("who watches a live session", () => {
  it("hears how far it is recorded, and that it has ended", async () => {
    const { spec, client } = await live();
    const watch = await Watch.open(spec.id);
    const from = watch.hello.last;
    expect(from).toBe((await edge.journal(spec.id)).length);
    await client.ask("update t set v = 1");
    const now = (await edge.journal(spec.id)).length;
    expect(now).toBeGreaterThan(from);
    await watch.until((message) => message.on === "more" && message.last === now);
    const notice = { do: "revoke", code: "killed", reason: "Max ended this session." };
    await edge.call("SESSIONS", spec.id, "notify", notice);
    await watch.until(({ on }) => on === "ended");
    expect(await watch.closed).toBe(1000);
    await expect(Watch.open(spec.id)).rejects.toThrow(/404/);
  });

  it("is told once more only after it has read, and then the whole of it", async () => {
    const { spec, client } = await live();
    const [slow, quick] = [await Watch.open(spec.id), await Watch.open(spec.id)];
    slow.reads = false;
    for (let n = 0; n < 5; n++) {
      const before = quick.told.length;
      await client.ask("update t set v = 1");
      await quick.until((message) => quick.told.indexOf(message) >= before && last(message) > 0);
    }
    expect(slow.told.map(({ on }) => on)).toEqual(["hello", "more"]);
    const now = (await edge.journal(spec.id)).length;
    slow.socket.send("next");
    await slow.until((message) => message.on === "more" && message.last === now);
    expect(slow.told).toHaveLength(3);
  });

  it("has its reading written down by its opening, while it watches", async () => {
    const { spec } = await live();
    const watch = await Watch.open(spec.id, { from: 3 });
    const covers = (principal: string, from: number) =>
      edge.call<boolean>("SESSIONS", spec.id, "watches", watch.hello.watch, { principal, from });
    expect(await covers("u-ida", 3)).toBe(true);
    expect(await covers("u-ida", 2)).toBe(false);
    expect(await covers("u-rui", 3)).toBe(false);
    const other = { principal: "u-ida", from: 3 };
    expect(await edge.call("SESSIONS", spec.id, "watches", "another", other)).toBe(false);
    watch.socket.close();
    await watch.closed;
    expect(await covers("u-ida", 3)).toBe(false);
  });

  it("ends with the access token", async () => {
    const { spec } = await live();
    const watch = await Watch.open(spec.id, { expiresAt: Date.now() + 300 });
    expect(await watch.closed).toBe(4401);
  });

  it("gives way to her own next window, and to nobody else", async () => {
    const { spec } = await live();
    const first = await Watch.open(spec.id);
    await Watch.open(spec.id);
    const third = await Watch.open(spec.id);
    expect(await first.closed).toBe(1008);
    await Watch.open(spec.id, { principal: "u-max" });
    await expect(Watch.open(spec.id, { principal: "u-eve" })).rejects.toThrow(/409/);
    third.socket.terminate();
  });

  it.each([
    ["anything but its two words", ["SELECT 1"]],
    ["a flood of pings", ["ping", "ping"]],
  ])("is sent away for %s, and the session goes on", async (_, words) => {
    const { spec, client } = await live();
    const watch = await Watch.open(spec.id);
    watch.socket.removeAllListeners("message");
    for (const word of words) watch.socket.send(word);
    expect(await watch.closed).toBe(1008);
    await client.ask("update t set v = 1");
  });

  it("sends nothing into the session", async () => {
    const { spec, client } = await live();
    const watch = await Watch.open(spec.id);
    watch.socket.removeAllListeners("message");
    watch.socket.send(query("delete from t"));
    await watch.closed;
    await client.ask("update t set v = 1");
    expect(target.queries.filter((sql) => sql.startsWith("delete"))).toEqual([]);
  });
});
