import { z } from "../zod.ts";
import { id, instant } from "./common.ts";

const daysMax = 32;

/** The bounds are taken down and up to whole hours of UTC, for that is how it is counted. */
export const overviewQuery = z
  .object({ from: instant, to: instant })
  .refine(({ from, to }) => from < to, { path: ["to"], error: "must be later than from" })
  .refine(({ from, to }) => Date.parse(to) - Date.parse(from) <= daysMax * 86_400_000, {
    path: ["to"],
    error: "is more than 32 days after from",
  });

/** What is counted, from the recordings as they are stored. `masked`: values. */
const counts = z.object({
  sessions: z.number().int(),
  commands: z.number().int(),
  blocked: z.number().int(),
  held: z.number().int(),
  masked: z.number().int(),
});
export type CountsView = z.infer<typeof counts>;

export const overview = z.object({
  from: instant,
  to: instant,
  total: counts,
  /** One entry for each hour, oldest first. */
  hours: z.array(counts.extend({ at: instant })),
  /** The busiest first. */
  resources: z.array(counts.extend({ resource: z.string() })),
  /** Sessions that live now. */
  live: z.number().int(),
  /** Answered reviews that were asked in this time, the slowest first. */
  slowest: z.array(
    z.object({
      id: id("rev"),
      resource: z.string(),
      principal: z.string(),
      verdict: z.enum(["approved", "rejected"]),
      askedAt: instant,
      settledAt: instant,
    }),
  ),
});
export type OverviewView = z.infer<typeof overview>;
