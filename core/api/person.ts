import { z } from "../zod.ts";
import { access, id, instant, name, paging, role } from "./common.ts";
import { guardrailRule, maskRule } from "./target.ts";

const names = z.array(z.string());

/** Somebody for whom the identity provider has vouched, as last seen. */
export const person = z.object({
  /** The provider's subject: any characters. */
  id: z.string(),
  name: z.string(),
  kind: z.enum(["person", "service"]),
  groups: names,
  groupsReadAt: instant,
  firstSeenAt: instant,
  roles: z.array(role),
  /** Sessions that live now. */
  live: z.number().int(),
});
export type PersonView = z.infer<typeof person>;

export const peopleQuery = paging.extend({
  /** How the name begins. */
  name: z.string().trim().max(200).optional(),
});

/** What the policy in force gives her on one resource. */
export const standing = z.object({
  resource: name,
  state: z.enum(["open", "request", "closed"]),
  access: z.array(access),
  grants: z.array(name),
  /** A sentence that names the rules behind `state`. */
  why: z.string(),
  /** When a session opened now would end; null: no end. */
  endsAt: instant.nullable(),
  /** What was asked for and approved, just in time. */
  given: z.array(z.object({ grant: z.string(), endsAt: instant })),
  /** `applies`: false where a group of hers is excepted. */
  masking: z.array(maskRule.extend({ applies: z.boolean() })),
  guardrails: z.array(guardrailRule),
});
export type StandingView = z.infer<typeof standing>;

export const personDetail = person.extend({
  /** Each role, and which of her groups give it. */
  why: z.array(z.object({ role, groups: names })),
  standings: z.array(standing),
});

export const signIn = z.object({
  id: id("tok"),
  way: z.enum(["browser", "device", "exchange"]),
  startedAt: instant,
  /** When a token was last given out for it. */
  usedAt: instant,
  endsAt: instant,
  endedAt: instant.nullable(),
  endReason: z.string().nullable(),
  /** It asks now. */
  current: z.boolean(),
  /** Sessions that it opened and that live now. */
  live: z.number().int(),
});
export type SignInView = z.infer<typeof signIn>;
