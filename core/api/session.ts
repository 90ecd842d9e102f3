import { z } from "../zod.ts";
import { VERDICTS } from "../recording/findable.ts";
import { id, instant, moment, paging, principalKind } from "./common.ts";

export const session = z.object({
  id: id("ses"),
  state: z.enum(["live", "ended"]),
  principal: z.object({ id: z.string(), name: z.string(), kind: principalKind }),
  onBehalfOf: z.string().nullable(),
  resource: z.object({ id: z.string(), name: z.string(), type: z.string() }),
  policy: z.string(),
  recording: z.enum(["full", "statements", "off"]),
  reason: z.string().nullable(),
  ticket: z.string().nullable(),
  openedAt: instant,
  endsAt: instant.nullable(),
  endedAt: instant.nullable(),
  endCode: z.string().nullable(),
  endMessage: z.string().nullable(),
  commands: z.number().int().nullable(),
});
export type SessionView = z.infer<typeof session>;

const wanted = z.string().min(1).max(200).optional();

/** All that is given must fit. The last four find what has been shipped (docs/storage.md). */
export const sessionsQuery = paging.extend({
  after: id("ses").optional(),
  state: z.enum(["live", "ended"]).optional(),
  /** By id or by name. */
  principal: wanted,
  resource: wanted,
  /** Opened at this instant or later, and before that one. */
  from: moment.optional(),
  to: moment.optional(),
  /** Something in it was blocked, held, masked, … */
  verdict: z.enum(VERDICTS).optional(),
  /** The id of a grant, guardrail or mask that decided something in it. */
  rule: wanted,
  /** `schema.name`, as a statement named it. */
  object: wanted,
  /** Words of its statements as they are shown, in any order; "in quotes" one after the other. */
  text: wanted,
});

export const killBody = z.object({ reason: z.string().trim().max(500).optional() });
