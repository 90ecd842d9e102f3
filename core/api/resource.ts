import { z } from "../zod.ts";
import { access, id, instant, name } from "./common.ts";

/** One resource as the asker sees it. `why` is a sentence that names the rules behind `state`. */
export const resource = z.object({
  id: id("res"),
  name,
  type: z.enum(["postgres", "http"]),
  /** Null: it is no database. */
  database: z.string().nullable(),
  /** Where any HTTP client reaches it; null: it is not spoken to in HTTP. */
  url: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  /**
   * `open`: a grant lets you in now; `request`: you may ask; `closed`: only admins see it listed.
   */
  state: z.enum(["open", "request", "closed"]),
  access: z.array(access),
  grants: z.array(z.string()),
  why: z.string(),
  /** What one may ask for besides, by grant. `hours`: the most; null: no bound. */
  mayAsk: z.array(
    z.object({
      grant: name,
      access: z.array(access),
      hours: z.number().nullable(),
      reasonRequired: z.boolean(),
      reviewers: z.array(z.string()),
    }),
  ),
  /** When the grant would end for a session opened now; null: no end. */
  endsAt: instant.nullable(),
});
export type ResourceView = z.infer<typeof resource>;

export const resources = z.object({ items: z.array(resource) });
