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
});

export const records = z.object({
  items: z.array(record),
  next: z.number().int().nullable(),
});

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
