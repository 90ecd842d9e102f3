import { z } from "../zod.ts";
import { instant } from "./common.ts";

/** To open what was typed takes a reason; it stands in the audit trail with the reader's name. */
export const exactBody = z.object({
  reason: z.string().trim().min(3).max(500),
  from: z.number().int().min(0).default(0),
  limit: z.number().int().min(1).max(1_000).default(1_000),
});

/** One command as it was sent. `seq` is its record's. */
export const exactCommand = z.object({
  seq: z.number().int(),
  at: instant,
  command: z.number().int(),
  text: z.string(),
  parameters: z.array(
    z.object({
      /** The type's OID. */
      type: z.number().int(),
      /** 0: text, 1: binary (PostgreSQL manual, "Bind"). */
      format: z.number().int(),
      /** Base64 of the wire's bytes; null is NULL. */
      value: z.string().nullable(),
    }),
  ),
});
export type ExactCommand = z.infer<typeof exactCommand>;

/** `next` is a record's number, or null at the end of what is recorded so far. */
export const exactCommands = z.object({
  items: z.array(exactCommand),
  next: z.number().int().nullable(),
});
