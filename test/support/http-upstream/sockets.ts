import { setTimeout as delay } from "node:timers/promises";
import type { WebSocket } from "ws";
import { count } from "./call.ts";
import { record } from "./samples.ts";

type Handler = (socket: WebSocket, query: URLSearchParams) => void | Promise<void>;

/** Each message back, text as text and bytes as bytes; a close with its code and reason. */
function echo(socket: WebSocket): void {
  socket.on("message", (data, binary) => socket.send(data, { binary }));
}

/** ?count documents, ?ms apart, as text or ?binary=1; then it closes with 1000 and a reason. */
async function push(socket: WebSocket, query: URLSearchParams): Promise<void> {
  const [messages, ms] = [count(query, "count", 3, 100_000), count(query, "ms", 0, 60_000)];
  for (let n = 1; n <= messages && socket.readyState === socket.OPEN; n++) {
    if (n > 1) await delay(ms);
    socket.send(Buffer.from(JSON.stringify(record(n))), { binary: query.has("binary") });
  }
  socket.close(1000, "that was all");
}

export const SOCKETS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["ws-echo", echo],
  ["ws-push", push],
]);
