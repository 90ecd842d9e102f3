import { toInstant } from "../core/api/common.ts";
import type { RecordPage, RecordView } from "../core/api/record.ts";
import { base64, utf8 } from "../core/bytes.ts";
import { chunkKey, encodeExportHeader, Parts, type SignedHead } from "../core/recording/chunk.ts";
import {
  decodeRecord,
  splitRecords,
  type StoredEvent,
  type StoredFact,
} from "../core/recording/record.ts";
import { safeJson } from "../core/visible.ts";
import type { Database } from "../store/db.ts";
import { chunksOf } from "../store/recordings.ts";
import type { SessionRow } from "../store/sessions.ts";
import { Refused } from "./problem.ts";
import { sessionStub } from "./sessions.ts";

/** One record at its place. */
export type Located = { readonly seq: number; readonly event: StoredEvent };

type Stretch = { readonly first: number; readonly records: readonly Uint8Array[] };

/**
 * A page of a recording: from the store as far as it goes, then from the object (CONTRACTS §6). A
 * page never spans two chunks, so one of them is in memory at a time.
 */
export async function recordsFrom(
  env: Env,
  db: Database,
  session: string,
  page: { readonly from: number; readonly limit: number },
): Promise<{ readonly items: readonly Located[]; readonly next: number | null }> {
  const from = Math.max(page.from, 1);
  const stretch = await stretchAt(env, db, session, from);
  const wanted = stretch.records.slice(Math.max(from - stretch.first, 0)).slice(0, page.limit);
  const first = Math.max(from, stretch.first);
  const items = wanted.map((record, index) => located(record, first + index));
  const last = items.at(-1);
  return {
    items,
    next: last === undefined || last.event.fact.kind === "end" ? null : last.seq + 1,
  };
}

/** What is shipped after the first look has left the object by then: so the store has it. */
async function stretchAt(env: Env, db: Database, session: string, from: number): Promise<Stretch> {
  const stored = async () =>
    (await chunksOf(db, session)).find(({ first, last }) => first <= from && from <= last);
  const before = await stored();
  if (before !== undefined) return fromStore(env, before);
  const kept = await sessionStub(env, session).records(from);
  if (kept.first <= from && kept.records.length > 0) return kept;
  const since = await stored();
  return since === undefined ? kept : fromStore(env, since);
}

/** The same, as it is shown. */
export async function recordPage(...of: Parameters<typeof recordsFrom>): Promise<RecordPage> {
  const { items, next } = await recordsFrom(...of);
  return { items: items.map(viewOf), next };
}

const exportPage = 1_000;

/** Every record as a line of JSON that steers no terminal, a page at a time. */
export async function* linesOf(
  env: Env,
  db: Database,
  session: string,
): AsyncGenerator<Uint8Array> {
  for (let from: number | null = 1; from !== null;) {
    const page = await recordPage(env, db, session, { from, limit: exportPage });
    yield utf8(page.items.map((record) => `${safeJson(record)}\n`).join(""));
    from = page.next;
  }
}

/** What `audit verify` reads: the header, and each chunk as it lies in the store. */
export async function* rawOf(
  env: Env,
  db: Database,
  { id, header }: Pick<SessionRow, "id" | "header">,
): AsyncGenerator<Uint8Array> {
  yield encodeExportHeader(header);
  for (const { first } of await chunksOf(db, id)) {
    const object = await storedChunk(env, id, first);
    yield new Uint8Array(await object.arrayBuffer());
  }
}

/** A chunk as it lies in the store. Throws Refused `unknown` when it is not there. */
export async function storedChunk(env: Env, session: string, first: number): Promise<R2ObjectBody> {
  const object = await env.RECORDINGS.get(chunkKey(session, first));
  if (object === null) throw new Refused("unknown", "The store has no such chunk.");
  return object;
}

async function fromStore(env: Env, head: SignedHead): Promise<Stretch> {
  const object = await storedChunk(env, head.session, head.first);
  const parts = new Parts(new Uint8Array(await object.arrayBuffer()));
  parts.next();
  const records = splitRecords(await gunzip(parts.next() ?? new Uint8Array(0)));
  if (records === null) throw new Refused("internal", "A chunk of this recording is damaged.");
  return { first: head.first, records };
}

async function gunzip(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream();
  const plain = stream.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}

function located(record: Uint8Array, seq: number): Located {
  const event = decodeRecord(record);
  if (event === null) throw new Refused("internal", "A record of this recording is damaged.");
  return { seq, event };
}

function viewOf({ seq, event }: Located): RecordView {
  const { kind, ...fact } = shown(event.fact);
  return { seq, at: toInstant(event.at), command: event.command, kind, fact };
}

/** What was typed stays sealed: a view says that it is there, not even its sealed form. */
function shown(fact: StoredFact): { readonly kind: string; readonly [name: string]: unknown } {
  if (fact.kind === "toClient" || fact.kind === "toUpstream") {
    return { kind: fact.kind, bytes: base64(fact.bytes) };
  }
  if (fact.kind !== "command") return fact;
  return { ...fact, secret: fact.secret === null ? null : "sealed" };
}
