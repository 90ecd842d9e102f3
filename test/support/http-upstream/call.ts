import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** A request as it came; it is in the list from its head on, and grows while its body comes. */
export type Seen = {
  readonly method: string;
  /** The request's target, untouched. */
  readonly url: string;
  /** Names and values in turns, in their order and spelling. */
  readonly rawHeaders: readonly string[];
  /** What has come of the body by now, up to 4 MiB. */
  readonly body: Buffer;
  /** How much has come, kept or not. */
  readonly bodyBytes: number;
  /** Whether the body has come to its end. */
  readonly ended: boolean;
};

export type Call = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly seen: Seen;
  readonly query: URLSearchParams;
  /** The path behind the route's name: "404" of "/status/404". */
  readonly rest: string;
  /** The whole body, once it is here. */
  readonly body: () => Promise<Buffer>;
};

export type Handler = (call: Call) => void | Promise<void>;

/** Names and values of headers in their order; a name may come again. */
export type Headers = readonly (readonly [string, string])[];

/** Writes exactly these headers and this body; `content-length` goes with it. */
export function reply(
  { request, response }: Call,
  body: Buffer | string,
  headers: Headers,
  status = 200,
): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, flat([...headers, ["content-length", String(bytes.length)]]));
  response.end(request.method === "HEAD" ? undefined : bytes);
}

export const typed = (type: string): Headers => [["content-type", type]];

export const replyJson = (call: Call, value: unknown, status = 200): void =>
  reply(call, JSON.stringify(value), typed("application/json"), status);

export const flat = (headers: Headers): string[] =>
  headers.flatMap(([name, value]) => [name, value]);

/** A number of the query, `usual` without it; what is over `max` becomes it. */
export function count(query: URLSearchParams, name: string, usual: number, max: number): number {
  const given = Number(query.get(name) ?? usual);
  return Number.isFinite(given) ? Math.min(Math.max(Math.floor(given), 0), max) : usual;
}

/** Whether it is on its way; false when the client has gone. */
export async function wrote(response: ServerResponse, bytes: Buffer | string): Promise<boolean> {
  if (response.destroyed) return false;
  if (!response.write(bytes)) await drained(response);
  return !response.destroyed;
}

/** Whoever waits for two events takes both listeners away again; a long body has many waits. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
  });

/**
 * The body in these pieces, each a chunk of its own on the wire, with a turn of the loop between
 * two, or as many milliseconds.
 */
export async function inPieces(
  { request, response }: Call,
  pieces: Iterable<Buffer | string>,
  ms = 0,
): Promise<void> {
  if (request.method === "HEAD") return void response.end();
  let first = true;
  for (const piece of pieces) {
    if (!first) await (ms > 0 ? delay(ms) : new Promise((resolve) => setImmediate(resolve)));
    if (piece.length > 0 && !(await wrote(response, piece))) return;
    first = false;
  }
  response.end();
}

/** The bytes cut at these places; an empty list leaves them whole. */
export function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.filter((at) => at > 0 && at < bytes.length), bytes.length];
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end));
}
