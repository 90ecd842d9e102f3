import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

export type Call = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What stood in the path where the route has a group. */
  readonly name: string;
  readonly query: URLSearchParams;
};

/** What a route answers. `entity` is JSON unless `type` says what it is. */
export type Answer = {
  readonly status?: number;
  readonly type?: string;
  readonly entity?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** What goes wrong by the client's doing; it becomes an answer of its own. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export const notFound = (what: string): Refusal =>
  new Refusal(404, "not_found", `There is no ${what}.`);

export const refused = ({ status, code, message, headers }: Refusal): Answer => ({
  status,
  entity: { error: code, message },
  headers,
});

/** Sends it, with a strong ETag where that helps; a client that has it already gets 304. */
export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { status = 200, type = "application/json", entity, headers = {} } = answer;
  response.setHeaders(new Map(Object.entries({ "cache-control": "no-store", ...headers })));
  if (entity === undefined) return void response.writeHead(status).end();
  const text = typeof entity === "string" ? entity : `${JSON.stringify(entity)}\n`;
  const body = Buffer.from(text);
  response.setHeader("content-type", type);
  if (status === 200) {
    const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
    response.setHeader("etag", etag);
    if (matches(request.headers["if-none-match"], etag)) {
      response.removeHeader("content-type");
      return void response.writeHead(304).end();
    }
  }
  response.writeHead(status, { "content-length": body.length });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** RFC 9110 section 13.1.2; the comparison is the weak one. */
const matches = (condition: string | undefined, etag: string): boolean =>
  condition?.split(",").some((one) => ["*", etag, `W/${etag}`].includes(one.trim())) === true;

const BODY_BYTES_MAX = 65_536;

/** The body as JSON: 413 over 64 KiB, 415 for another type, 400 for what JSON.parse refuses. */
export async function jsonOf(request: IncomingMessage): Promise<unknown> {
  const [type = ""] = (request.headers["content-type"] ?? "").split(";");
  if (type.trim().toLowerCase() !== "application/json") {
    throw new Refusal(415, "unsupported_media_type", "Send application/json.");
  }
  const chunks: Buffer[] = [];
  let length = 0;
  // What is too much is read too, and forgotten: a client hears nothing while it sends.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= BODY_BYTES_MAX) chunks.push(chunk);
  }
  if (length > BODY_BYTES_MAX) {
    throw new Refusal(413, "too_large", `A body has ${BODY_BYTES_MAX} bytes at most.`);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
  } catch {
    throw new Refusal(400, "bad_json", "The body is no JSON.");
  }
}

/** A number of the query, from 1 to `max`. */
export function whole(query: URLSearchParams, name: string, usual: number, max: number): number {
  const given = query.get(name);
  if (given === null) return usual;
  if (!/^[1-9]\d{0,8}$/.test(given) || Number(given) > max) {
    throw new Refusal(400, "bad_query", `${name} is a number from 1 to ${max}.`);
  }
  return Number(given);
}
