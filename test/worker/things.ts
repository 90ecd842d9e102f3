import { concat } from "../../core/bytes.ts";
import type { Event, Fact } from "../../core/fact.ts";
import { chunkKey, encodeChunk, signHead } from "../../core/recording/chunk.ts";
import { type Findable, findableIn, NOTHING } from "../../core/recording/findable.ts";
import { encodeEvent } from "../../core/recording/record.ts";
import { openReview, type Question, type Review } from "../../core/review/review.ts";
import type { SessionSpec } from "../../core/session.ts";
import type { Scope } from "../../core/api/scope.ts";
import { addApiToken } from "../../store/api-tokens.ts";
import { database } from "../../store/db.ts";
import { newId } from "../../store/ids.ts";
import { putChunk } from "../../store/recordings.ts";
import { indexing } from "../../store/search.ts";
import { sealBytes } from "../../store/seal.ts";
import { addSession, dataKeyPurpose } from "../../store/sessions.ts";
import { startSignIn } from "../../store/tokens.ts";
import { newApiToken } from "../../worker/identity/api-token.ts";
import type { Gateway } from "./gateway.ts";

/** What seals the secrets of each recording here. */
export const DATA_KEY = new Uint8Array(32).fill(7);
export const AT = Date.UTC(2026, 10, 25, 12);

/** A session of this principal in D1, live. */
export async function aSession(
  gate: Gateway,
  principal: SessionSpec["principal"],
  more: { name?: string; now?: number; recording?: SessionSpec["recording"] } = {},
) {
  const { name = "shop-db", now = Date.now(), recording = "full" } = more;
  const id = newId("ses", now);
  const spec: SessionSpec = {
    id,
    principal,
    onBehalfOf: null,
    resource: {
      id: newId("res"),
      name,
      type: "postgres",
      host: "db.example.com",
      port: 5432,
      database: "shop",
      user: "sluice",
      password: null,
      tls: "verify-full",
      network: "public",
      labels: {},
    },
    sealed: {},
    policy: { version: newId("pol"), source: "" },
    literalTexts: null,
    recording,
    openedAt: AT,
    endsAt: null,
    granted: [],
    reason: null,
    ticket: null,
    publicUrl: "https://gate.test",
  };
  const dataKey = await sealBytes(gate.env, dataKeyPurpose(id), DATA_KEY);
  await addSession(database(gate.env), spec, { header: '{"session":1}', dataKey });
  return id;
}

/** A sign-in of this principal, by a browser, live. */
export async function aSignIn(gate: Gateway, principal: string): Promise<string> {
  const id = newId("tok");
  const [startedAt, endsAt] = [Date.now(), Date.now() + 86_400_000];
  const how = { way: "browser", issuerToken: null, authenticatedAt: null, acr: null } as const;
  await startSignIn(database(gate.env), { id, principal, startedAt, endsAt, ...how });
  return id;
}

export const notes = (...messages: string[]): Uint8Array[] =>
  messages.map((message) => {
    const event: Event = { at: AT, command: 0, fact: { kind: "note", message } };
    return encodeEvent(event, (plain) => plain);
  });

/** What the object tells D1 when it has shipped records with these facts. */
export async function index(
  gate: Gateway,
  session: string,
  facts: readonly Fact[],
  before = NOTHING,
): Promise<Findable> {
  const records = facts.map((fact) => encodeEvent({ at: AT, command: 1, fact }, (plain) => plain));
  const findable = findableIn(before, records);
  const head = { session, first: 1, last: records.length, h: "00", at: AT, delivered: 0 };
  const db = database(gate.env);
  const put = putChunk(db, signHead(head, "s1", new Uint8Array(64)));
  await db.batch([put, ...indexing(db, session, findable)]);
  return findable;
}

/** These records as one chunk in the store. */
export async function ship(
  gate: Gateway,
  session: string,
  first: number,
  records: readonly Uint8Array[],
  at = AT,
): Promise<void> {
  const last = first + records.length - 1;
  const head = { session, first, last, h: "00", at, delivered: last };
  const signed = signHead(head, "s1", new Uint8Array(64));
  const plain = new Blob([concat(records).slice()]).stream();
  const zipped = new Response(plain.pipeThrough(new CompressionStream("gzip")));
  const body = encodeChunk({ head: signed, body: new Uint8Array(await zipped.arrayBuffer()) });
  const arrayBuffer = async () => body.slice().buffer;
  gate.store.set(chunkKey(session, first), { body, arrayBuffer });
  await putChunk(database(gate.env), signed);
}

/** A command of `asker` that waits for the leads. */
export function aReview(gate: Gateway, asker: Question["principal"], more = {}): Review {
  const review = openReview(newId("rev"), {
    session: newId("ses"),
    command: 1,
    resource: "shop-db",
    principal: asker,
    onBehalfOf: null,
    shown: "DELETE FROM orders",
    operations: ["delete"],
    objects: ["public.orders"],
    masked: [],
    parameters: [],
    unbounded: true,
    risks: [],
    rules: ["delete-everything"],
    message: "A lead must look at this.",
    reason: null,
    ticket: null,
    reviewers: ["leads"],
    approvalsNeeded: 1,
    signIn: null,
    digest: "ab",
    holdsLocks: false,
    access: null,
    askedAt: AT,
    expiresAt: Date.now() + 900_000,
    ...more,
  });
  gate.desk.reviews.set(review.id, review);
  return review;
}

/** As a token of `owner` that she made in a sign-in of this id. */
export async function anApiToken(
  gate: Gateway,
  owner: string,
  scopes: readonly Scope[],
  more: Partial<Parameters<typeof addApiToken>[1]> = {},
): Promise<{ readonly id: string; readonly token: string }> {
  const now = Date.now();
  const { id, token, hash } = await newApiToken(now);
  const made = { ownerName: owner, signIn: "", name: "nightly", createdAt: now };
  const row = { id, hash, owner, scopes, expiresAt: now + 86_400_000, ...made, ...more };
  await addApiToken(database(gate.env), row);
  return { id, token };
}
