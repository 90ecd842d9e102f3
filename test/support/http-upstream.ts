import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import {
  type Call,
  flat,
  type Handler,
  type Headers,
  inPieces,
  replyJson,
  type Seen,
} from "./http-upstream/call.ts";
import { ROUTES } from "./http-upstream/routes.ts";
import { SOCKETS } from "./http-upstream/sockets.ts";

export type { Seen } from "./http-upstream/call.ts";

/** What a test wants a path to answer, piece by piece. */
export type Told = {
  readonly status?: number;
  readonly headers?: Headers;
  readonly pieces?: readonly (Buffer | string)[];
};

export type Upstream = {
  readonly port: number;
  readonly url: string;
  /** Requests and WebSockets in the order of their heads; of many, the last two thousand. */
  readonly seen: Seen[];
  /** Answers of the test's own, by path without query; they go before the server's. */
  readonly told: Map<string, Told | Handler>;
  stop(): Promise<void>;
};

/** workerd keeps an idle connection for five seconds; whoever ends it first must not be us. */
const SETTINGS = { keepAliveTimeout: 60_000, maxHeaderSize: 65_536 };
const SEEN_MAX = 2_000;
const SEEN_BODY_BYTES_MAX = 4 * 1_048_576;

/**
 * An HTTP server on 127.0.0.1 that answers the same at every start and keeps exactly what came. It
 * sends no header that a route did not name, but for the framing. Its routes say what they answer.
 */
export async function startUpstream(): Promise<Upstream> {
  const seen: Seen[] = [];
  const told: Upstream["told"] = new Map();
  const server = createServer(SETTINGS, (request, response) => {
    response.sendDate = false;
    answer(request, response, noted(seen, request), told).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    noted(seen, request);
    const { name, query } = targetOf(request);
    const handle = SOCKETS.get(name);
    if (handle === undefined) return void socket.end("HTTP/1.1 404 Not Found\r\n\r\n");
    sockets.handleUpgrade(request, socket, head, (opened) => {
      opened.on("error", () => opened.terminate());
      void handle(opened, query);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    const closed = once(server, "close");
    for (const socket of sockets.clients) socket.terminate();
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { port, url: `http://127.0.0.1:${port}`, seen, told, stop };
}

function noted(seen: Seen[], request: IncomingMessage): Seen {
  const { method = "", url = "", rawHeaders } = request;
  const kept: Buffer[] = [];
  let bodyBytes = 0;
  let ended = false;
  const one: Seen = {
    method,
    url,
    rawHeaders,
    get body() {
      return Buffer.concat(kept);
    },
    get bodyBytes() {
      return bodyBytes;
    },
    get ended() {
      return ended;
    },
  };
  seen.push(one);
  if (seen.length > SEEN_MAX) seen.shift();
  request.on("error", () => {});
  request.on("end", () => (ended = true));
  request.on("data", (chunk: Buffer) => {
    bodyBytes += chunk.length;
    if (bodyBytes <= SEEN_BODY_BYTES_MAX) kept.push(chunk);
  });
  return one;
}

/** The path's first part, which names the route, what follows it, and the query. */
function targetOf({ url = "" }: IncomingMessage) {
  const [path = "", search = ""] = url.split(/\?(.*)/s);
  const [, name = "", rest = ""] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  return { path, name, rest, query: new URLSearchParams(search) };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  seen: Seen,
  told: Upstream["told"],
): Promise<void> {
  const { path, name, rest, query } = targetOf(request);
  const body = async () => {
    if (!seen.ended) await once(request, "end");
    if (seen.bodyBytes > SEEN_BODY_BYTES_MAX) throw new Error("The body is too long to keep.");
    return seen.body;
  };
  const call: Call = { request, response, seen, query, rest, body };
  const own = told.get(path);
  if (typeof own === "object") return tell(call, own);
  const handle = own ?? ROUTES.get(name);
  if (handle === undefined) return replyJson(call, { error: "no such route" }, 404);
  await handle(call);
}

async function tell(call: Call, { status = 200, headers = [], pieces = [] }: Told): Promise<void> {
  await call.body();
  call.response.writeHead(status, flat(headers));
  await inPieces(call, pieces);
}
