import { z } from "../zod.ts";
import { access, id, instant, name } from "./common.ts";
import { secret } from "./secret.ts";

const names = z.array(z.string());

/** How sessions came to a target lately. An instant is null where that has not happened yet. */
export const health = z.object({
  reachedAt: instant.nullable(),
  /** Milliseconds until the connection stood, and from there until the login was done. */
  dialMs: z.number().int().nullable(),
  loginMs: z.number().int().nullable(),
  failedAt: instant.nullable(),
  /** Why it was not reached then, for people. */
  failure: z.string().nullable(),
});
export type HealthView = z.infer<typeof health>;

export const grantRule = z.object({
  id: name,
  groups: names,
  access: z.array(access),
  hours: z.number().nullable(),
  /** It is not held but asked for; these decide. Null: it is held. */
  reviewers: names.nullable(),
});

export const guardrailRule = z.object({
  id: name,
  /** CEL; null: always. */
  when: z.string().nullable(),
  verdict: z.enum(["allow", "block", "review"]),
  /** Null: everybody. */
  groups: names.nullable(),
  except: names,
});

export const maskRule = z.object({
  id: name,
  columns: names,
  /** Of what services send: names of members, or paths to them. */
  fields: names,
  /** Detectors, and the names of own patterns. */
  finds: names,
  technique: z.string(),
  except: names,
});
export type MaskRuleView = z.infer<typeof maskRule>;

/** A resource as those see it who look after it. */
export const target = z.object({
  id: id("res"),
  name,
  type: z.string(),
  host: z.string(),
  /** Null, as in the three below: of a service. */
  port: z.number().int().nullable(),
  database: z.string().nullable(),
  user: z.string().nullable(),
  tls: z.string().nullable(),
  /** Of a service; null: of a database. */
  url: z.string().nullable(),
  network: z.string(),
  labels: z.record(z.string(), z.string()),
  /** What its credential is made of. `stored`: null where nobody has set it. */
  secrets: z.array(
    z.discriminatedUnion("in", [
      z.object({ in: z.literal("secret"), name, stored: secret.nullable() }),
      z.object({ in: z.literal("environment"), name: z.string() }),
    ]),
  ),
  /** Sessions that live now. */
  live: z.number().int(),
  health: health.nullable(),
  grants: z.array(grantRule),
  guardrails: z.array(guardrailRule),
  masking: z.array(maskRule),
});
export type TargetView = z.infer<typeof target>;

export const targets = z.object({ items: z.array(target) });

/** What one more try has shown. */
export const probed = z.object({
  reached: z.boolean(),
  at: instant,
  dialMs: z.number().int().nullable(),
  loginMs: z.number().int().nullable(),
  why: z.string().nullable(),
});
export type Checked = z.infer<typeof probed>;
