import { type Context, Hono } from "hono";
import { exportQuery, type Manifest, watchQuery } from "../../core/api/record.ts";
import { EXPORT, LIVE_SESSION, ROUTES } from "../../core/api/routes.ts";
import { audit } from "../../store/audit.ts";
import { chunksOf } from "../../store/recordings.ts";
import type { SessionRow } from "../../store/sessions.ts";
import type { App } from "../context.ts";
import { signedIn } from "../identity/signed-in.ts";
import { Refused } from "../problem.ts";
import { readQuery } from "../read.ts";
import { linesOf, rawOf, recordPage, storedChunk } from "../recording.ts";
import { sessionStub } from "../sessions.ts";
import { sessionFor } from "./sessions.ts";

/** Recordings, for a session's owner, auditors and admins; each reading is written down. */
export const recordings = new Hono<App>();

const readable = (c: Context<App>): Promise<SessionRow> => sessionFor(c, "auditor", "admin");

recordings.get(ROUTES.records.path, signedIn, async (c) => {
  const row = await readable(c);
  const { watch, ...page } = readQuery(c, ROUTES.records.query);
  const reading = { principal: c.var.identity.principal.id, from: page.from };
  // The watch's own row says the same: it is open, hers, and from an earlier record on.
  const watched = watch !== undefined && (await sessionStub(c.env, row.id).watches(watch, reading));
  if (!watched) await note(c, row, "recording.read", { from: page.from });
  return c.json(await recordPage(c.env, c.var.db, row.id, page));
});

/**
 * A WebSocket of how far a live session is recorded. It ends with the session or with the access
 * token; the page comes again with a new one.
 */
recordings.get(LIVE_SESSION, signedIn, async (c) => {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    throw new Refused("upgrade_required", "A live session is watched by a WebSocket.");
  }
  const row = await readable(c);
  const { from } = readQuery(c, watchQuery);
  if (row.endedAt !== null) throw over();
  await note(c, row, "recording.watch", { from });
  const { principal, expiresAt } = c.var.identity;
  const watcher = JSON.stringify({ principal: principal.id, from, expiresAt });
  const headers = { upgrade: "websocket", "sluice-watcher": watcher };
  const stub = sessionStub(c.env, row.id);
  const answer = await stub.fetch(new Request("https://session/live", { headers }));
  if (answer.status === 404) throw over();
  if (answer.status === 409) throw new Refused("conflict", "Too many watch this session already.");
  return answer;
});

const over = () => new Refused("conflict", "This session has ended: read its recording.");

recordings.get(ROUTES.manifest.path, signedIn, async (c) => {
  const row = await readable(c);
  await note(c, row, "recording.read", { from: 0 });
  const chunks = await chunksOf(c.var.db, row.id);
  const { id: session, header, endedAt } = row;
  const manifest: Manifest = { session, header, live: endedAt === null, chunks: [...chunks] };
  return c.json(manifest);
});

recordings.get(`${ROUTES.manifest.path}/:first`, signedIn, async (c) => {
  const row = await readable(c);
  const first = Number(c.req.param("first"));
  if (!Number.isSafeInteger(first) || first < 1) {
    throw new Refused("bad_request", "A chunk is named by its first record.");
  }
  await note(c, row, "recording.read", { from: first });
  const { body } = await storedChunk(c.env, row.id, first);
  return c.body(body, 200, { "content-type": "application/octet-stream" });
});

/** A file that fails in the middle is cut off, never ended as if it were whole. */
recordings.get(EXPORT, signedIn, async (c) => {
  const row = await readable(c);
  const { format } = readQuery(c, exportQuery);
  await note(c, row, "recording.export", { format });
  const [parts, type, name] =
    format === "raw"
      ? [rawOf(c.env, c.var.db, row), "application/octet-stream", `${row.id}.sluice`]
      : [linesOf(c.env, c.var.db, row.id), "application/jsonl", `${row.id}.jsonl`];
  return c.body(streamOf(parts), 200, {
    "content-type": type,
    "content-disposition": `attachment; filename="${name}"`,
  });
});

/** Takes the next part when the reader has room for it: one is in memory at a time. */
const streamOf = (parts: AsyncIterator<Uint8Array>): ReadableStream<Uint8Array> =>
  new ReadableStream({
    async pull(controller) {
      const { value, done } = await parts.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await parts.return?.();
    },
  });

async function note(
  c: Context<App>,
  { id: subject }: SessionRow,
  action: "recording.read" | "recording.watch" | "recording.export",
  detail: Readonly<Record<string, string | number>>,
): Promise<void> {
  const event = { actor: c.var.identity.principal, action, outcome: "done" } as const;
  await audit(c.var.db, { ...event, subject, detail }, c.var.now);
}
