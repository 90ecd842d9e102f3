import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import type { WebSocket } from "ws";
import type { RecordView } from "../../core/api/record.ts";
import { socketUnreadBytesMax } from "../../core/limits.ts";
import { residentKb } from "../../demo/processes.ts";
import { closeOf, useSocketGate } from "../support/socket-gate.ts";
import { eventually } from "./edge.ts";
import { seedOf } from "./kill-rounds.ts";

const gate = useSocketGate();

const ROUNDS = 8;
const seed = seedOf(process.env["SLUICE_SEED"]);

const bytesOf = ({ fact }: RecordView): string =>
  Buffer.from(String(fact["bytes"]), "base64").toString();

/** Commands of the client's messages, and what the client was sent, of one WebSocket. */
function recordedIn(all: readonly RecordView[], path: string) {
  const opening = all.find(({ fact }) => fact["shown"] === `GET ${path}`);
  return {
    said: all.flatMap(({ fact }) =>
      String(fact["shown"]).startsWith(`MESSAGE ${path.split("?", 1)[0]}\n`)
        ? [String(fact["shown"]).split("\n")[1]]
        : [],
    ),
    sent: all
      .filter(({ kind, command }) => kind === "toClient" && command === opening?.command)
      .map(bytesOf),
  };
}

it(`kill -9 in ${ROUNDS} rounds (SLUICE_SEED=${seed}) loses nothing that anybody has`, async () => {
  let [heard, done] = [0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const path = `/ws-push?count=100000&round=${round}`;
    const push = await eventually(() =>
      gate()
        .talk(`feed${path}`)
        .catch(() => null),
    );
    const served: string[] = [];
    const connected = once(gate().service, "connection") as Promise<[WebSocket]>;
    const asks = await gate().talk(`own/asks${round}`);
    (await connected)[0].on("message", (data: Buffer) => served.push(String(data)));
    let n = 0;
    const timer = setInterval(() => asks.socket.send(`message ${round} ${n++}`), 1);
    await pause(50 + ((seed * (round + 1) * 7919) % 250));
    gate().demo.gateway.kill();
    clearInterval(timer);
    await Promise.all([push.closed, asks.closed]);
    const all = await eventually(() =>
      gate()
        .recorded(push.session)
        .catch(() => null),
    );
    const { sent } = recordedIn(all, path);
    expect(sent.slice(0, push.heard.length), `round ${round}`).toEqual(push.heard);
    const { said } = recordedIn(await gate().recorded(asks.session), `/asks${round}`);
    expect(said.slice(0, served.length), `round ${round}`).toEqual(served);
    heard += push.heard.length;
    done += served.length;
  }
  console.log(`${heard} messages were heard and ${done} served before kills`);
  expect(Math.min(heard, done)).toBeGreaterThan(0);
}, 300_000);

const MESSAGE = JSON.stringify({ a: "x".repeat(60_000) });
const growthKbMax = 400 * 1024;

/** As fast as it can, until it is closed. */
async function flood(service: WebSocket): Promise<number> {
  let pushed = 0;
  while (service.readyState === service.OPEN) {
    await new Promise((resolve) => service.send(MESSAGE, resolve));
    pushed += MESSAGE.length;
  }
  return pushed;
}

it("ends a socket whose service says more than its client is known to read", async () => {
  const pid = gate().demo.gateway.pid();
  const before = residentKb(pid);
  let most = before;
  for (let round = 0; round < 3; round++) {
    const { talk, service } = await gate().both();
    talk.socket.pause();
    const heard = closeOf(service);
    const pushed = await flood(service);
    expect((await heard)[0]).toBe(1001);
    for (let n = 0; n < 8; n++) {
      most = Math.max(most, residentKb(pid));
      await pause(250);
    }
    console.log(`round ${round}: ${pushed} bytes pushed, ${before} kB before, at most ${most} kB`);
    // Sockets between us have buffers of their own.
    expect(pushed).toBeLessThan(socketUnreadBytesMax + 16 * 1024 * 1024);
    talk.socket.resume();
    expect((await talk.closed)[0]).toBe(1013);
    expect(talk.heard.join("").length).toBeLessThanOrEqual(socketUnreadBytesMax);
  }
  if (process.platform === "linux") expect(most - before).toBeLessThan(growthKbMax);
});

it("goes on without end where the client says a word now and then", async () => {
  const { talk, service } = await gate().both();
  const count = Math.ceil((2 * socketUnreadBytesMax) / MESSAGE.length);
  for (let n = 0; n < count; n++) {
    service.send(MESSAGE);
    await talk.next();
    if (n % 100 === 0) talk.socket.send("read");
  }
  talk.socket.close(1000);
  expect(await talk.closed).toEqual([1000, ""]);
});

it("a client that leaves takes its service's socket with it, and nothing else", async () => {
  const { talk, service } = await gate().both();
  const other = await gate().talk("feed/ws-echo");
  const heard = closeOf(service);
  const flooding = flood(service);
  await talk.next();
  talk.socket.terminate();
  expect((await heard)[0]).toBe(1001);
  await flooding;
  expect(await other.ask("hello")).toBe("hello");
  other.socket.close();
});
