import { DurableObject } from "cloudflare:workers";
import { utf8 } from "../core/bytes.ts";
import { readBufferBytesBusy } from "../core/limits.ts";

export { CallerObject } from "../durable-objects/caller.ts";
export { CatalogObject } from "../durable-objects/catalog.ts";
export { ConsoleObject } from "../durable-objects/console.ts";
export { ReviewDesk } from "../durable-objects/review-desk.ts";

/*
 * What requests are measured against: a Worker that passes them on (`/bare/…`), and the same by way
 * of an object that is warm, with one durable append before the request leaves and one before each
 * read of the answer does (`/recorded/…`), the least that "record before effect" can cost.
 */

type BaselineEnv = {
  readonly SESSIONS: DurableObjectNamespace<SessionObject>;
  /** Origin of the service. */
  readonly TARGET: string;
};

type Append = (bytes: Uint8Array) => void;

/** Stands in the place of the gateway's object, so that one setting of the runtime runs both. */
export class SessionObject extends DurableObject<BaselineEnv> {
  readonly #append: Append;

  constructor(state: DurableObjectState, env: BaselineEnv) {
    super(state, env);
    const { sql } = state.storage;
    sql.exec("create table if not exists journal (turn integer primary key, body blob)");
    // The output gate holds what is sent after an insert until the insert is durable.
    this.#append = (bytes) => void sql.exec("insert into journal (body) values (?)", bytes);
  }

  override async fetch(request: Request): Promise<Response> {
    const { method, headers } = request;
    const target = targetOf(request);
    const body = request.body === null ? null : new Uint8Array(await request.arrayBuffer());
    this.#append(utf8(JSON.stringify([method, target, [...headers]])));
    if (body !== null) this.#append(body);
    const answer = await fetch(`${this.env.TARGET}${target}`, {
      method,
      headers,
      body,
      ...AS_IT_IS,
    });
    if (answer.body === null) return answer;
    const length = answer.headers.get("content-length");
    const { readable, writable } =
      length === null ? new IdentityTransformStream() : new FixedLengthStream(Number(length));
    this.ctx.waitUntil(carry(answer.body, writable, this.#append));
    return new Response(readable, { ...headOf(answer), encodeBody: "manual" });
  }
}

const AS_IT_IS = { redirect: "manual", encodeResponseBody: "manual" } as const;

const headOf = ({ status, headers }: Response) => ({ status, headers });

async function carry(body: ReadableStream, to: WritableStream, append: Append): Promise<void> {
  const reader = body.getReader({ mode: "byob" });
  const writer = to.getWriter();
  try {
    let buffer = new ArrayBuffer(readBufferBytesBusy);
    for (;;) {
      const { value }: { readonly value?: Uint8Array | undefined } = await reader.read(
        new Uint8Array(buffer),
      );
      if (value === undefined || value.length === 0) return await writer.close();
      const bytes = value.slice();
      append(bytes);
      await writer.write(bytes);
      buffer = value.buffer as ArrayBuffer;
    }
  } catch (error) {
    await writer.abort(error).catch(() => {});
  }
}

/** What follows `/bare` or `/recorded`. */
const targetOf = ({ url }: Request): string => {
  const { pathname, search } = new URL(url);
  return `${pathname.slice(pathname.indexOf("/", 1))}${search}`;
};

export default {
  fetch(request: Request, env: BaselineEnv): Promise<Response> {
    if (new URL(request.url).pathname.startsWith("/recorded/")) {
      const recorded = env.SESSIONS.get(env.SESSIONS.idFromName("warm"));
      return recorded.fetch(request, AS_IT_IS);
    }
    return fetch(new Request(`${env.TARGET}${targetOf(request)}`, request), AS_IT_IS);
  },
};
