import { z } from "../zod.ts";
import { id, instant, paging, principalKind } from "./common.ts";

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

export const sessionsQuery = paging.extend({
  state: z.enum(["live", "ended"]).optional(),
  principal: z.string().max(200).optional(),
  resource: z.string().max(63).optional(),
});

export const killBody = z.object({ reason: z.string().trim().max(500).optional() });
