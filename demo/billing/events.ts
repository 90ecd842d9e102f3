import { setTimeout as delay } from "node:timers/promises";
import { type Call, whole } from "./answers.ts";
import { payment } from "./data.ts";

const EVERY_MS = 500;
const EVENTS_MAX = 100_000;

/** Payments as they happen, as server-sent events (HTML section 9.2): ?count of them, or no end. */
export async function streamEvents({ request, response, query }: Call): Promise<null> {
  const count = query.has("count") ? whole(query, "count", 1, EVENTS_MAX) : EVENTS_MAX;
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  if (request.method === "HEAD") return (response.end(), null);
  for (let n = 1; n <= count && !response.destroyed; n++) {
    if (n > 1) await delay(EVERY_MS);
    response.write(`id: ${n}\nevent: payment\ndata: ${JSON.stringify(payment(n))}\n\n`);
  }
  response.end();
  return null;
}
