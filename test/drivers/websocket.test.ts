import { once } from "node:events";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { startTestDemo, type TestDemo } from "../support/demo.ts";
import { startUpstream, type Upstream } from "../support/http-upstream.ts";

let upstream: Upstream;
let demo: TestDemo;
let token: string;

const policy = () => `
resources:
  - { name: feed, type: http, url: "${upstream.url}", network: private, unreadable: refuse }
grants:
  - { id: all, groups: [engineers], resources: [feed], access: [read, write] }
masking:
  - { id: cards, fields: [card_number], technique: redact }
  - { id: found, detect: [credit_card], technique: redact }
roles: { admin: [admins], reviewer: [leads], auditor: [auditors] }
`;

beforeAll(async () => {
  upstream = await startUpstream();
  demo = await startTestDemo({ policy: policy() });
  token = await demo.token("ada");
});
afterAll(async () => {
  await demo.stop();
  await upstream.stop();
});

it("echoes", async () => {
  const socket = new WebSocket(`${demo.url.replace("http", "ws")}/http/feed/ws-echo`, ["a", "b"], {
    headers: { authorization: `Bearer ${token}` },
  });
  socket.on("unexpected-response", (_, res) => { console.log(res.statusCode, res.headers); res.on("data", (d) => console.log(String(d))); });
  socket.on("upgrade", (res) => console.log(res.headers));
  socket.on("message", (d, b) => console.log(String(d), b));
  socket.on("close", (c, r) => console.log("closed", c, String(r)));
  await once(socket, "open");
  console.log("ext", socket.extensions, socket.protocol);
  socket.send("hello");
  await once(socket, "message");
  socket.send(JSON.stringify({ card_number: "4111", a: 1, t: "4111111111111111" }));
  await once(socket, "message");
  socket.close(4001, "bye");
  await once(socket, "close");
  console.log(upstream.seen.at(-1));
});
