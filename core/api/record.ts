import { z } from "../zod.ts";
import { instant } from "./common.ts";

/**
 * One record of a recording, for people. Bytes are base64 under `bytes`; sealed parts stay sealed.
 */
export const record = z.object({
  seq: z.number().int(),
  at: instant,
  /** 0: the session's own. */
  command: z.number().int(),
  kind: z.string(),
  fact: z.record(z.string(), z.unknown()),
});
export type RecordView = z.infer<typeof record>;

/** Records count from 1. `next` is null at the end of what is recorded so far. */
export const recordsQuery = z.object({
  from: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(5_000).default(1_000),
  /** A watch that is open (`WatchMessage`): its opening stands in the audit trail for this page. */
  watch: z.string().max(64).optional(),
});

/** The first record that is watched for. */
export const watchQuery = z.object({ from: z.coerce.number().int().min(1).default(1) });

/**
 * What a live session tells who watches it. After `more` it says nothing until it hears `next`, so
 * that a slow reader is told less often, never late.
 */
export type WatchMessage =
  /** `watch` is good for `records` from `from` on, for as long as the socket is open. */
  | { readonly on: "hello"; readonly watch: string; readonly last: number }
  /** The recording goes on up to record `last`. */
  | { readonly on: "more"; readonly last: number }
  | { readonly on: "ended" };

/** Lines of JSON, a record each, or what `sluice audit verify` reads. */
export const exportQuery = z.object({ format: z.enum(["jsonl", "raw"]).default("jsonl") });

export const records = z.object({
  items: z.array(record),
  next: z.number().int().nullable(),
});
export type RecordPage = z.infer<typeof records>;

/** A chunk's signed head (CONTRACTS §6): the chunk's bytes are fetched by `first`. */
export const chunkHead = z.object({
  session: z.string(),
  first: z.number().int(),
  last: z.number().int(),
  h: z.string(),
  at: z.number().int(),
  /** The last record that the client had acknowledged when this was signed. */
  delivered: z.number().int(),
  key: z.string(),
  signature: z.string(),
});

/**
 * What `audit verify` needs besides the chunks: the header that seeds the chain, and every head.
 */
export const manifest = z.object({
  session: z.string(),
  header: z.string(),
  live: z.boolean(),
  chunks: z.array(chunkHead),
});
export type Manifest = z.infer<typeof manifest>;

/** `/.well-known/sluice-keys`: Ed25519 public keys of recordings, by id (32 bytes, base64). */
export const recordingKeys = z.object({
  keys: z.array(z.object({ id: z.string(), algorithm: z.literal("Ed25519"), key: z.string() })),
});
export type RecordingKeys = z.infer<typeof recordingKeys>;
