import type { StreamSpec } from "../core/session.ts";
import { SUBPROTOCOL } from "../core/tunnel/frames.ts";
import { type ObjectsEnv, sessionOf } from "./env.ts";
import { TunnelSocket } from "./tunnel-socket.ts";

const connectSeconds = 15;

/**
 * A session that an object opens itself, the way that everybody's is opened: policy, masks and
 * recording included. Throws where it was not opened.
 */
export async function openTunnel(env: ObjectsEnv, spec: StreamSpec): Promise<TunnelSocket> {
  const stub = sessionOf(env, spec.id);
  await stub.prepare(spec);
  const headers = { upgrade: "websocket", "sec-websocket-protocol": SUBPROTOCOL };
  const answer = await stub.fetch("https://session/", { headers });
  if (answer.webSocket === null) throw new Error("the session was not opened");
  return new TunnelSocket(answer.webSocket);
}

/**
 * What the `postgres` package is told of `open`. It would connect again by itself; but a session is
 * opened once.
 */
export function clientOptions(
  { resource }: StreamSpec,
  open: () => Promise<TunnelSocket>,
): ClientOptions {
  let opened = false;
  return {
    socket: () => {
      if (opened) return Promise.reject(new Error("the session is over"));
      opened = true;
      return open();
    },
    user: resource.user,
    database: resource.database,
    max: 1,
    max_lifetime: null,
    fetch_types: false,
    connect_timeout: connectSeconds,
  };
}

/** Its own types do not know `socket`; it uses no more of one than TunnelSocket has. */
export type ClientOptions = {
  readonly socket: () => Promise<TunnelSocket>;
  readonly user: string;
  readonly database: string;
  readonly max: number;
  readonly max_lifetime: null;
  readonly fetch_types: false;
  readonly connect_timeout: number;
};
