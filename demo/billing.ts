import { createHash, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Answer, notFound, Refusal, refused, send } from "./billing/answers.ts";
import { type Route, routes } from "./billing/routes.ts";

export type BillingSettings = {
  /** 0 takes a free one. */
  readonly port: number;
  /** What callers must bear (RFC 6750). */
  readonly token: string;
};

export type Billing = {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
};

/** workerd keeps an idle connection for five seconds; whoever ends it first must not be us. */
const KEEP_ALIVE_MS = 60_000;

/**
 * `billing-api`, an internal service as companies have them: customers, payments and a vault over
 * HTTP, for whoever bears the one token. On 127.0.0.1 only; what is posted is gone when it stops.
 */
export async function startBilling({ port, token }: BillingSettings): Promise<Billing> {
  const known = routes();
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    answer(request, response, known, token).then(
      (made) => made !== null && send(request, response, made),
      (error: unknown) => {
        if (response.headersSent) return void response.destroy();
        send(request, response, error instanceof Refusal ? refused(error) : failed(error));
      },
    );
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const { port: own } = server.address() as AddressInfo;
  const stop = async () => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { port: own, url: `http://127.0.0.1:${own}`, stop };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  known: readonly Route[],
  token: string,
): Promise<Answer | null> {
  const [path = "", search = ""] = (request.url ?? "").split(/\?(.*)/s);
  if (path !== "/healthz" && !bears(request, token)) {
    const challenge = { "www-authenticate": 'Bearer realm="billing-api"' };
    throw new Refusal(401, "unauthorized", "Send the service's bearer token.", challenge);
  }
  const route = known.find((one) => one.path.test(path));
  if (route === undefined) throw notFound(path);
  const method = request.method === "HEAD" ? "GET" : request.method;
  const [, handler] = Object.entries(route.methods).find(([name]) => name === method) ?? [];
  if (handler === undefined) {
    const allow = Object.keys(route.methods).join(", ").replace("GET", "GET, HEAD");
    throw new Refusal(405, "method_not_allowed", `Use one of ${allow}.`, { allow });
  }
  const [, name = ""] = route.path.exec(path) ?? [];
  return handler({ request, response, name, query: new URLSearchParams(search) });
}

/** Compares hashes, which are of one length, in a time that tells nothing. */
function bears(request: IncomingMessage, token: string): boolean {
  const [, given = ""] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(given), hash(token));
}

function failed(error: unknown): Answer {
  console.error("billing-api:", error);
  return refused(new Refusal(500, "internal", "The service failed."));
}
