import { z } from "../zod.ts";

/*
 * What a page and a console say to each other over the WebSocket `CONSOLE`: each message is one
 * JSON text. `id` is the page's own number for a statement. Besides, either side may say "ping",
 * which the other answers with "pong".
 */

/** Why somebody opens a console, for the record. */
export const consoleQuery = z.object({
  reason: z.string().trim().max(500).optional(),
  ticket: z.string().trim().max(500).optional(),
});

const id = z.number().int().nonnegative();

/** A page asks. One statement at a time: `run` while another one runs is answered `failed`. */
export const consoleAsk = z.discriminatedUnion("do", [
  z.object({ do: z.literal("run"), id, sql: z.string() }),
  /** The next page of rows, after `rows` with `more`. */
  z.object({ do: z.literal("more"), id }),
  /** Stops the statement, or, where rows wait to be read, lets them go. */
  z.object({ do: z.literal("cancel"), id }),
]);
export type ConsoleAsk = z.infer<typeof consoleAsk>;

/** The text of each value as the target sent it, masked; null is NULL. */
const row = z.array(z.string().nullable());

export const consoleTold = z.discriminatedUnion("on", [
  /** The target has let us in. */
  z.object({ on: z.literal("opened"), session: z.string() }),
  z.object({
    on: z.literal("rows"),
    id,
    columns: z.array(z.object({ name: z.string() })),
    rows: z.array(row),
    /** The statement waits for `more`. */
    more: z.boolean(),
  }),
  /** `review`: the statement is held, and this is where others look. */
  z.object({
    on: z.literal("notice"),
    id: id.nullable(),
    severity: z.string(),
    message: z.string(),
    review: z.string().nullable(),
  }),
  /**
   * `tag`: "SELECT", "UPDATE"; `rows` is null where it counts none. `whole` false: rows were left
   * that nobody read.
   */
  z.object({
    on: z.literal("done"),
    id,
    tag: z.string(),
    rows: z.number().int().nullable(),
    ms: z.number(),
    whole: z.boolean(),
  }),
  /** `code`: SQLSTATE, or a word of the console's own. `position`: characters from 1. */
  z.object({
    on: z.literal("failed"),
    id,
    code: z.string(),
    message: z.string(),
    detail: z.string().nullable(),
    hint: z.string().nullable(),
    position: z.number().int().nullable(),
  }),
  /** The session is over; the WebSocket closes. */
  z.object({ on: z.literal("ended"), code: z.string(), message: z.string() }),
]);
export type ConsoleTold = z.infer<typeof consoleTold>;
