import { rehearsalDaysMax } from "../limits.ts";
import { UNJUDGED } from "../rehearsal/compare.ts";
import { z } from "../zod.ts";
import { id, instant, name } from "./common.ts";
import { checkBody, outcome } from "./policy.ts";

/** From an instant to before another, of commands; `after` is the `next` of the answer before. */
export const rehearsalBody = checkBody
  .extend({
    from: instant,
    to: instant,
    resource: name.optional(),
    after: z
      .string()
      .regex(/^ses_[0-9a-v]{26}:[1-9][0-9]{0,15}$/)
      .optional(),
  })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), {
    path: ["to"],
    error: "not after from",
  })
  .refine(({ from, to }) => Date.parse(to) - Date.parse(from) <= rehearsalDaysMax * 86_400_000, {
    path: ["from"],
    error: `more than ${rehearsalDaysMax} days before to`,
  });

const side = z.object({
  verdict: outcome,
  rules: z.array(z.string()),
  message: z.string().nullable(),
});

/** A recorded command that the text given would decide or mask otherwise. */
export const difference = z.object({
  session: id("ses"),
  seq: z.number().int(),
  at: instant,
  principal: z.string(),
  resource: z.string(),
  shown: z.string(),
  before: side,
  after: side,
  /** Columns of its answer that would be masked otherwise, in words. */
  masks: z.array(z.object({ column: z.string(), before: z.string(), after: z.string() })),
  /** What to keep in mind, for it was judged by the shown text; null: nothing. */
  caution: z.string().nullable(),
});
export type Difference = z.infer<typeof difference>;

/** One bounded step. To stop is to ask no further. */
export const rehearsed = z.object({
  items: z.array(difference),
  /** Commands in the window that this step looked at, those not judged among them. */
  examined: z.number().int(),
  unjudged: z.array(z.object({ why: z.enum(UNJUDGED), count: z.number().int() })),
  next: z.string().nullable(),
  /** Sessions in the window, and how many of them are looked through. */
  sessions: z.object({ done: z.number().int(), of: z.number().int() }),
});
export type RehearsedStep = z.infer<typeof rehearsed>;
