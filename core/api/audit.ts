import { z } from "../zod.ts";
import { instant, paging } from "./common.ts";

/** Never renamed: people search for them. */
export type AuditAction =
  | "sign-in"
  | "sign-out"
  | "sign-in.ended"
  | "sign-in.revoke"
  | "host.sign-in"
  | "host.sign-out"
  | "groups.changed"
  | "people.read"
  | "service.exchange"
  | "policy.apply"
  | "policy.rehearse"
  | "secret.put"
  | "session.open"
  | "session.kill"
  | "review.approve"
  | "review.reject"
  | "access.request"
  | "access.withdraw"
  | "catalog.read"
  | "resource.check"
  | "recording.read"
  | "recording.watch"
  | "recording.export"
  | "recording.unseal"
  | "result.read"
  | "result.delete"
  | "api-token.make"
  | "api-token.revoke"
  | "api.denied";

/** What happened to Sluice itself. `actor` null: nobody was signed in. */
export const auditEvent = z.object({
  id: z.string(),
  at: instant,
  actor: z.object({ id: z.string(), name: z.string() }).nullable(),
  action: z.string(),
  /** An id or a name. */
  subject: z.string(),
  outcome: z.enum(["done", "denied"]),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
});
export type AuditEventView = z.infer<typeof auditEvent>;

/** All that is given has to fit. */
export const auditQuery = paging.extend({
  /** An id or a name, as of today. */
  actor: z.string().trim().min(1).max(200).optional(),
  action: z.string().trim().min(1).max(100).optional(),
  subject: z.string().trim().min(1).max(200).optional(),
  outcome: z.enum(["done", "denied"]).optional(),
  from: instant.optional(),
  /** Before this instant. */
  to: instant.optional(),
});

/** An entry of the chained heads over all sessions (core/recording/hours.ts). */
export const signedHour = z.object({ body: z.string(), key: z.string(), signature: z.string() });

/** Entries count from 1, oldest first; `after` is a number. */
export const hoursQuery = paging.extend({ after: z.coerce.number().int().min(0).default(0) });
