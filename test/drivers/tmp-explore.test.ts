import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { residentKb } from "../../demo/processes.ts";
import { startTestDemo, type TestDemo } from "../support/demo.ts";

let demo: TestDemo;
let token: string;
const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
let pushed = 0;
server.on("connection", (socket, request) => {
  const query = new URL(request.url ?? "", "http://x").searchParams;
  const size = Number(query.get("size"));
  const total = Number(query.get("total"));
  const every = Number(query.get("every") ?? 0);
  const text = JSON.stringify({ a: "x".repeat(size) });
  socket.on("close", (c) => console.log("service saw close", c));
  socket.on("error", (c) => console.log("service saw error", c));
  (async () => {
    for (let n = 0; n < total && socket.readyState === 1; n += size) {
      await new Promise<void>((r) => socket.send(text, () => r()));
      pushed += size;
      if (every > 0) await pause(every);
    }
    socket.close(1000);
  })();
});
beforeAll(async () => {

  demo = await startTestDemo({ policy: `
resources:
  - { name: feed, type: http, url: "http://127.0.0.1:${(server.address() as any).port}", network: private, unreadable: refuse }
grants:
  - { id: all, groups: [engineers], resources: [feed], access: [read, write] }
masking:
  - { id: cards, fields: [card_number], technique: redact }
roles: { admin: [admins], reviewer: [leads], auditor: [auditors] }
` });
  token = await demo.token("ada");
});
afterAll(async () => {
  await demo.stop();
  server.close();
});
const open = async (q: string) => {
  const socket = new WebSocket(`${demo.url.replace("http", "ws")}/http/feed/?${q}`, { perMessageDeflate: false,
    headers: { authorization: `Bearer ${token}` },
  });
  socket.on("unexpected-response", (_, res) => { console.log(res.statusCode, res.headers); res.on("data", (d) => console.log(String(d))); });
  await once(socket, "open");
  return socket;
};
const watch = async (s: number, what: string) => {
  const pid = demo.gateway.pid();
  const out: number[] = [];
  for (let n = 0; n < s * 4; n++) { await pause(250); out.push(Math.round(residentKb(pid) / 1024)); }
  console.log(what, out.join(" "), "pushed", pushed >> 20);
};
it("reads at once", async () => {
  const s0 = await open("size=1000&total=100000"); let got = 0;
  s0.on("message", (d: Buffer) => { got += d.length; });
  const [c0] = await once(s0, "close"); console.log("warm", got, c0);
  await watch(1, "base");
  const from = Date.now(); got = 0; pushed = 0;
  const s1 = await open("size=60000&total=100000000");
  s1.on("message", (d: Buffer) => { got += d.length; });
  const w = watch(4, "reading");
  const [c1, r1] = await once(s1, "close"); console.log("fast", got, c1, String(r1), Date.now() - from); await w;
  pushed = 0;
  const s2 = await open("size=60000&total=400000000");
  s2.pause();
  await watch(5, "stalled");
  let got2 = 0; s2.on("message", (d: Buffer) => { got2 += d.length; });
  s2.resume();
  const [c2, r2] = await once(s2, "close"); console.log("stalled then read", got2, c2, String(r2));
  await watch(2, "after");
  for (let n = 0; n < 4; n++) {
    pushed = 0;
    const s3 = await open("size=60000&total=400000000");
    s3.pause();
    await watch(3, "stalled again");
    s3.terminate();
    await watch(1, "terminated");
  }
}, 120_000);
