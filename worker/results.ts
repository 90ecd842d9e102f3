import { type Context, Hono } from "hono";
import type { Authored, Refusal } from "../core/exchange.ts";
import { RESULT_HEADER, RESULTS, waitingAnswer } from "../core/protocols/http/later.ts";
import { refusalOf } from "../core/protocols/http/refusal.ts";
import { audit } from "../store/audit.ts";
import { type KeptResult, keptResult } from "../store/kept-results.ts";
import { forgetResult, resultOf, type ResultRow } from "../store/results.ts";
import type { App } from "./context.ts";
import { isOnHost } from "./hosts.ts";
import { requireHttpScope } from "./http-scope.ts";
import { identify } from "./identity/signed-in.ts";
import { Hidden, Refused } from "./problem.ts";
import { sessionStub } from "./sessions.ts";

/*
 * Answers of requests that were held, for who asked and for nobody else (docs/http-holds.md). As
 * under all of `/http/`, a bearer token alone says who that is.
 */

/** On a host of a service every path but `/.sluice/` is the service's own. */
export const results = new Hono<App>();

const path = `${RESULTS}:id`;

results.get(path, async (c, next) => {
  if (isOnHost(c.req.raw.url, c.env)) return next();
  const row = await mine(c);
  if (
    row.state === "waiting" &&
    (await sessionStub(c.env, row.session).awaits(row.session, row.id))
  )
    return answered(waitingAnswer(row, c.var.settings.publicUrl), "waiting");
  const now = row.state === "waiting" ? await mine(c) : row;
  if (now.state === "done") return whole(c, now);
  const { publicUrl } = c.var.settings;
  return answered(refusalOf(lost(now), publicUrl), "lost");
});

results.delete(path, async (c, next) => {
  if (isOnHost(c.req.raw.url, c.env)) return next();
  const row = await mine(c);
  const { id, session, state } = row;
  const stub = sessionStub(c.env, session);
  if (state === "waiting") {
    const outcome = await stub.withdrawResult(id);
    if (outcome === "running") {
      throw new Refused("conflict", "It is under way: its result can be deleted once it is there.");
    }
    if (outcome === "gone") await stub.awaits(session, id);
  }
  await forgetResult(c.var.db, c.env.RECORDINGS, id);
  await note(c, "result.delete", row);
  return new Response(null, { status: 204 });
});

results.all(path, async (c, next) => {
  if (isOnHost(c.req.raw.url, c.env)) return next();
  return new Response(null, { status: 405, headers: { allow: "GET, HEAD, DELETE" } });
});

/** Of whoever it is not, it is not there. */
async function mine(c: Context<App>): Promise<ResultRow> {
  c.set("identity", await identify(c));
  requireHttpScope(c);
  const row = await resultOf(c.var.db, c.req.param("id") ?? "", c.var.now);
  if (row === null || row.principal !== c.var.identity.principal.id) throw unknown();
  return row;
}

async function note(
  c: Context<App>,
  action: "result.read" | "result.delete",
  { id, session, resource }: ResultRow,
): Promise<void> {
  const { db, identity, now } = c.var;
  const event = { actor: identity.principal, action, outcome: "done" } as const;
  await audit(db, { ...event, subject: session, detail: { result: id, resource } }, now);
}

const unknown = () => new Hidden("There is no result of yours under this address.");

const lost = ({ state, review }: ResultRow): Refusal => ({
  code: "lost",
  message:
    state === "unsent"
      ? "The gateway lost this request while it waited. It was not sent: ask again."
      : "The gateway lost this request. The service may have done what it was asked.",
  review,
});

function answered({ status, headers, body }: Authored, is: string): Response {
  const all = new Headers(headers.map(([name, value]) => [name, value]));
  all.set(RESULT_HEADER, is);
  return new Response(body, { status, headers: all });
}

/** As it would have been answered, had the connection waited. */
async function whole(c: Context<App>, row: ResultRow): Promise<Response> {
  const kept = await keptResult(c.env, row);
  if (kept === null) throw unknown();
  await note(c, "result.read", row);
  const { status, headers, body } = kept.head;
  const all = new Headers(headers.map(([name, value]) => [name, value]));
  all.set(RESULT_HEADER, "done");
  if (!body) {
    all.delete("content-length");
    return new Response(null, { status, headers: all });
  }
  const length = all.get("content-length");
  return new Response(streamOf(kept, length === null ? null : Number(length)), {
    status,
    headers: all,
    encodeBody: "manual",
  });
}

/** Where a piece does not open, the client sees a body that was cut. */
function streamOf({ body }: KeptResult, length: number | null): ReadableStream {
  const { readable, writable } =
    length === null ? new IdentityTransformStream() : new FixedLengthStream(length);
  const writer = writable.getWriter();
  void (async () => {
    try {
      for await (const piece of body) await writer.write(piece);
      await writer.close();
    } catch (error) {
      await writer.abort(error);
    }
  })().catch(() => {});
  return readable;
}
