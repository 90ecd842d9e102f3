import { DurableObject } from "cloudflare:workers";
import postgres from "postgres";
import { consolesMax, consoleUnreadBytesMax, preparedSessionSeconds } from "../core/limits.ts";
import { PROTOCOL_3, startupMessage } from "../core/protocols/postgres/messages.ts";
import type { StreamSpec } from "../core/session.ts";
import { ConsolePage, type Line, type LineEvents } from "./console-page.ts";
import type { Query } from "./console-statement.ts";
import type { ObjectsEnv } from "./env.ts";
import { clientOptions, openTunnel } from "./own-tunnel.ts";
import type { TunnelSocket } from "./tunnel-socket.ts";

const PARAMETERS = { client_encoding: "UTF8", application_name: "sluice console" };

/**
 * All consoles of one person. To the session that each one opens it is a client like psql: what
 * comes here is masked, recorded and acknowledged already.
 */
export class ConsoleObject extends DurableObject<ObjectsEnv> {
  readonly #prepared = new Map<string, StreamSpec>();
  readonly #pages = new Set<ConsolePage>();

  /** By the worker, which has checked who may; void when no page comes for it. */
  async prepare(spec: StreamSpec): Promise<void> {
    this.#prepared.set(spec.id, spec);
    setTimeout(() => this.#prepared.delete(spec.id), preparedSessionSeconds * 1000);
  }

  override async fetch(request: Request): Promise<Response> {
    const id = new URL(request.url).pathname.slice(1);
    const spec = this.#prepared.get(id);
    if (spec === undefined) return new Response(null, { status: 404 });
    this.#prepared.delete(id);
    const { 0: client, 1: socket } = new WebSocketPair();
    socket.accept();
    const page: ConsolePage = new ConsolePage({
      session: id,
      socket,
      connect: (events) => connect(this.env, spec, events),
      over: () => this.#pages.delete(page),
    });
    this.#pages.add(page);
    if (this.#pages.size > consolesMax) {
      page.end("too_many", `You have ${consolesMax} consoles open. Close one of them first.`);
    } else this.ctx.waitUntil(page.open());
    return new Response(null, { status: 101, webSocket: client });
  }
}

/** Settles when the target has let us in. Throws in words for people. */
async function connect(env: ObjectsEnv, spec: StreamSpec, events: LineEvents): Promise<Line> {
  const tunnel = await openTunnel(env, spec);
  const guard = watched(tunnel, events);
  const { user, database } = spec.resource;
  const parameters = Object.entries({ user, database, ...PARAMETERS });
  await tunnel.greet(startupMessage(PROTOCOL_3, parameters));
  const sql = postgres({
    ...clientOptions(spec, () => Promise.resolve(tunnel)),
    onnotice: (notice) => {
      guard.read();
      events.notice(notice);
    },
  });
  return {
    query: (text) => queryOf(sql.unsafe(text).raw() as unknown as Query),
    cancel: (key) => tunnel.cancel(key),
    read: guard.read,
    // A cancel that was asked for before goes first.
    end: () => void setTimeout(() => tunnel.destroy()),
    close: sql.CLOSE,
  };
}

/** The package keeps the origin of every query that failed, for ever: ours have none. */
const queryOf = (query: Query): Query => Object.defineProperty(query, "origin", { value: "" });

/** Ends with the session, and with a message that is too long to be kept whole. */
function watched(tunnel: TunnelSocket, events: LineEvents): { readonly read: () => void } {
  let unread = 0;
  tunnel.on("data", (bytes: Uint8Array) => {
    unread += bytes.length;
    if (unread <= consoleUnreadBytesMax) return;
    events.ended("too_large", "A single value is too large for a console. Use psql for it.");
  });
  tunnel.on("close", () => {
    const { code, message } = tunnel.farewell ?? { code: "lost", message: "The session was lost." };
    events.ended(code, message);
  });
  return {
    read: () => {
      unread = 0;
    },
  };
}
