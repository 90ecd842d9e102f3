import { DurableObject } from "cloudflare:workers";
import type { ResourceView } from "../core/api/resource.ts";
import type { PostgresResource } from "../core/session.ts";
import { SUBPROTOCOL } from "../core/tunnel/frames.ts";
import { ClientTunnel } from "../durable-objects/client-tunnel.ts";
import { connectTcp } from "../durable-objects/upstream/tcp.ts";
import type { Upstream } from "../durable-objects/upstream/dial.ts";
import { newId } from "../store/ids.ts";

export { CallerObject } from "../durable-objects/caller.ts";
export { CatalogObject } from "../durable-objects/catalog.ts";
export { ConsoleObject } from "../durable-objects/console.ts";
export { ReviewDesk } from "../durable-objects/review-desk.ts";

/*
 * What the gateway is measured against: its own tunnel and its own connection to PostgreSQL, with
 * nothing between them (`/tunnel/bare`) or one durable append before each piece of bytes leaves
 * (`/tunnel/recorded`), which is the least that "record before effect" can cost. The real command
 * line connects to either.
 */

type BaselineEnv = {
  readonly SESSIONS: DurableObjectNamespace<SessionObject>;
  readonly TARGET_PORT: string;
};

const targetAt = (port: number): PostgresResource => ({
  id: newId("res"),
  name: "baseline",
  type: "postgres",
  host: "127.0.0.1",
  port,
  database: "shop",
  user: "",
  password: null,
  tls: "disable",
  network: "private",
  labels: {},
});

/** Stands in the place of the gateway's object, so that one setting of the runtime runs both. */
export class SessionObject extends DurableObject<BaselineEnv> {
  override async fetch(request: Request): Promise<Response> {
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    server.accept();
    server.binaryType = "arraybuffer";
    const recorded = new URL(request.url).pathname.endsWith("/recorded");
    this.ctx.waitUntil(this.#carry(server, recorded ? this.#append() : () => {}));
    const headers = { "sec-websocket-protocol": SUBPROTOCOL };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  /** The output gate holds what is sent after an insert until the insert is durable. */
  #append(): (bytes: Uint8Array) => void {
    const { sql } = this.ctx.storage;
    sql.exec("create table if not exists journal (turn integer primary key, body blob)");
    return (bytes) => void sql.exec("insert into journal (body) values (?)", bytes);
  }

  async #carry(socket: WebSocket, append: (bytes: Uint8Array) => void): Promise<void> {
    let inFlight = 0;
    let upstream: Upstream | null = null;
    const tunnel = new ClientTunnel(socket, {
      data: (bytes) => {
        append(bytes);
        inFlight += bytes.length;
        void upstream?.write(bytes).then(() => {
          inFlight -= bytes.length;
          tunnel.keeping(inFlight);
        });
      },
      end: () => upstream?.end(),
      cancel: () => {},
      lost: () => upstream?.close(),
      delivered: () => {},
    });
    upstream = await connectTcp(targetAt(Number(this.env.TARGET_PORT)));
    tunnel.opened(newId("ses"));
    try {
      for (;;) {
        await tunnel.room();
        const bytes = await upstream.read();
        if (bytes === null) break;
        append(bytes);
        tunnel.send(bytes, 0);
      }
    } catch {
      // The target is gone: so is the tunnel.
    }
    upstream.close();
    tunnel.close("client_ended", "The client said goodbye.");
  }
}

/** What `sluice connect` asks before it opens a tunnel. */
const resourceView = (name: string): ResourceView => ({
  id: newId("res"),
  name,
  type: "postgres",
  database: "shop",
  url: null,
  labels: {},
  state: "open",
  access: [],
  grants: [],
  why: "A baseline is open to everybody.",
  mayAsk: [],
  endsAt: null,
});

export default {
  fetch(request: Request, env: BaselineEnv): Promise<Response> | Response {
    const [, area = "", what = "", name = ""] = new URL(request.url).pathname.split("/");
    if (area === "api" && what === "resources") return Response.json(resourceView(name));
    return env.SESSIONS.get(env.SESSIONS.newUniqueId()).fetch(request);
  },
};
