import { ACCESS } from "../command.ts";
import { answerSeconds, answerSecondsMax, conditionCharactersMax } from "../limits.ts";
import { DETECTOR_KINDS } from "../masking/kinds.ts";
import { parseColumnPattern } from "../masking/columns.ts";
import { parseFieldPattern } from "../masking/fields.ts";
import { z } from "../zod.ts";
import {
  credentialSchema,
  httpUrl,
  LISTED_FORMS,
  listed,
  pageOrigin,
  secretSchema,
} from "./http-resource.ts";

/*
 * The shape of `sluice.yaml` (docs/policy.md is checked against these objects). Every object is
 * strict: an unknown key is an error, for a misspelt `except` must not pass as no exception.
 */

const name = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}$/,
    "use lower-case letters, digits, '.', '_' or '-' (63 at most)",
  );
const group = z.string().min(1).max(200);
const groups = z.array(group).min(1);
const labels = z.record(z.string(), z.string());
const resourceNames = z.array(name).min(1);
const hours = z.number().positive().max(8_760);

const network = z
  .enum(["public", "private"])
  .default("public")
  .describe("`private` allows loopback and private addresses.");
const ofLabels = labels.default({}).describe("For grants that choose by label.");

export const postgresSchema = z.strictObject({
  name: name.describe("What people type: `sluice psql NAME`."),
  type: z.literal("postgres").describe("`postgres`."),
  host: z.string().min(1).max(253).describe("Name or address of the server."),
  port: z.number().int().min(1).max(65_535).default(5432).describe("TCP port."),
  database: z.string().min(1).max(63).describe("The one database that is reached."),
  user: z.string().min(1).max(63).describe("The role that Sluice logs in as."),
  password: secretSchema
    .optional()
    .describe("`{ secret: NAME }` (sealed) or `{ env: NAME }` (a Worker secret)."),
  tls: z
    .enum(["disable", "verify-full"])
    .default("verify-full")
    .describe("`verify-full`, or `disable` for plaintext."),
  network,
  labels: ofLabels,
});

export const httpSchema = z.strictObject({
  name: name.describe(
    "Where it is reached: `/http/NAME/…`. With `.`, `_` or a `-` at its end it has no host of " +
      "its own ([http-hosts.md](http-hosts.md)).",
  ),
  type: z.literal("http").describe("`http`."),
  url: httpUrl.describe("Of the service, with a base path where it has one; no query."),
  credential: credentialSchema.optional().describe("How the service is told who asks (below)."),
  network,
  origins: z
    .array(pageOrigin)
    .max(50)
    .default([])
    .describe("Whose pages may call it by a token of theirs (CORS): exact origins, never `*`."),
  forms: z
    .array(z.enum(LISTED_FORMS))
    .default([])
    .describe("Ambiguous forms of a path that the service needs: " + listed(LISTED_FORMS) + "."),
  unreadable: z
    .enum(["pass", "scan", "refuse"])
    .default("refuse")
    .describe("Answers of a type that no masker reads: `pass`, `scan` as text, or `refuse`."),
  timeout: z
    .number()
    .int()
    .min(1)
    .max(answerSecondsMax)
    .default(answerSeconds)
    .describe(
      `Seconds in which an answer must begin, once the request has left: ${answerSeconds}; to ` +
        `${answerSecondsMax}.`,
    ),
  openapi: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("The service's own OpenAPI document (3.0, 3.1), for `http.operation`."),
  labels: ofLabels,
});

export const resourceSchema = z.discriminatedUnion("type", [postgresSchema, httpSchema], {
  error: "only postgres and http are served",
});

const acr = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/, "one word without spaces or quotes");
const signIn = z.strictObject({
  minutes: z.number().int().min(1).max(1_440),
  acr: acr.optional(),
});

export const grantSchema = z.strictObject({
  id: name.describe("Shown in decisions."),
  groups: groups.describe("Whose members hold it."),
  resources: z
    .union([resourceNames, z.strictObject({ labels })], "a list of names or { labels: … }")
    .describe("A list of names, or `{ labels: { KEY: VALUE } }` (all must be equal)."),
  access: z
    .array(z.enum(ACCESS))
    .min(1)
    .default(["read"])
    .describe("Any of `read`, `write`, `schema`, `admin`; none implies another."),
  hours: hours.optional().describe("How long a session may last from its opening."),
  request: z
    .strictObject({
      reviewers: groups,
      approvals: z.number().int().min(1).max(10).default(1),
      hours,
      reason: z.enum(["required", "optional"]).default("optional"),
      signIn: signIn.optional(),
    })
    .optional()
    .describe("Just in time: the grant is asked for, not held."),
});

export const guardrailSchema = z
  .strictObject({
    id: name.describe("Shown in decisions."),
    resources: resourceNames.optional().describe("Only these resources; all when absent."),
    groups: groups.optional().describe("Only members of these groups; everybody when absent."),
    except: groups.optional().describe("Not members of these groups."),
    when: z
      .string()
      .min(1)
      .max(conditionCharactersMax)
      .optional()
      .describe("A condition in CEL; always when absent."),
    zone: z
      .string()
      .refine(isZone, "not a time zone (such as Europe/Zurich)")
      .optional()
      .describe("The time zone of `now`; UTC when absent."),
    // oxlint-disable-next-line unicorn/no-thenable -- a string, never a function
    then: z.enum(["allow", "block", "review"]).describe("`allow`, `block` or `review`."),
    message: z.string().min(1).max(500).optional().describe("What the client reads."),
    reviewers: groups.optional().describe("With `review`: whose members may vote."),
    approvals: z.number().int().min(1).max(10).default(1).describe("Distinct people needed."),
    minutes: z.number().int().min(1).max(1_440).default(15).describe("How long it waits."),
    signIn: signIn
      .optional()
      .describe("`{ minutes, acr }`: how lately, and how, whoever votes must have signed in."),
  })
  .refine((rule) => rule.then !== "review" || rule.reviewers !== undefined, {
    path: ["reviewers"],
    error: "a review needs reviewers",
  })
  .refine((rule) => rule.then === "review" || rule.signIn === undefined, {
    path: ["signIn"],
    error: "only a review asks for a sign-in",
  });

const keep = z.number().int().min(0).max(64);

export const maskingSchema = z
  .strictObject({
    id: name.describe("Shown in recordings."),
    resources: resourceNames.optional().describe("Only these resources; all when absent."),
    columns: z
      .array(z.string().refine((c) => parseColumnPattern(c) !== null, "not TABLE.COLUMN"))
      .min(1)
      .optional()
      .describe("`TABLE.COLUMN` or `SCHEMA.TABLE.COLUMN`; `*` stands for any name."),
    fields: z
      .array(z.string().refine((f) => parseFieldPattern(f) !== null, "not NAME or OUTER.NAME"))
      .min(1)
      .optional()
      .describe("Fields of documents (HTTP): `NAME`, `OUTER.NAME` or `$.NAME` from the top."),
    detect: z
      .array(z.enum(DETECTOR_KINDS))
      .min(1)
      .optional()
      .describe("Detectors run over every text cell."),
    patterns: z
      .array(z.strictObject({ id: name, regex: z.string().min(1).max(1_000) }))
      .min(1)
      .max(50)
      .optional()
      .describe("Your own detectors: `{ id, regex }` in RE2 syntax."),
    technique: z
      .union(
        [
          z.enum(["redact", "null", "hash", "tokenise"]),
          z.strictObject({
            partial: z.strictObject({ first: keep.default(0), last: keep.default(0) }),
          }),
        ],
        "redact, null, hash, tokenise or { partial: { first, last } }",
      )
      .default("redact")
      .describe("`redact`, `null`, `hash`, `tokenise` or `{ partial: { first, last } }`."),
    predicates: z
      .enum(["deny", "equality", "allow"])
      .default("equality")
      .describe("What else a statement may ask about the columns: nothing, `=`, or anything."),
    aggregates: z
      .enum(["mask", "show"])
      .default("mask")
      .describe("`show`: sums and averages of the columns are shown."),
    on: z
      .array(z.enum(["answers", "requests"]))
      .min(1)
      .default(["answers"])
      .describe("Of HTTP: what is masked on its way, `answers`, `requests` or both."),
    except: groups.optional().describe("Members of these groups see the values."),
  })
  .refine((rule) => rule.columns ?? rule.fields ?? rule.detect ?? rule.patterns, {
    error: "a masking rule names columns, fields, detect or patterns",
  });

const amount = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional();

export const budgetSchema = z
  .strictObject({
    id: name.describe("Shown to whoever is over it."),
    resources: resourceNames.optional().describe("Only these services; all when absent."),
    groups: groups.optional().describe("Only members of these groups; everybody when absent."),
    except: groups.optional().describe("Not members of these groups."),
    requests: amount.describe("So many requests of one person or service."),
    bytes: amount.describe("So many bytes of answers, counted when they have been sent."),
    per: z
      .enum(["minute", "hour", "day"])
      .describe("`minute`, `hour` or `day`, by the clock (UTC)."),
    message: z.string().min(1).max(500).optional().describe("What the client reads."),
  })
  .refine((rule) => rule.requests ?? rule.bytes, { error: "a budget names requests or bytes" });

const roleGroups = z.array(group).default([]);

export const recordingSchema = z.strictObject({
  default: z
    .enum(["full", "statements", "off"])
    .default("full")
    .describe("`full`, `statements` (no rows) or `off` (who, what was decided, when)."),
  retentionDays: z
    .number()
    .int()
    .min(1)
    .max(36_500)
    .default(365)
    .describe(
      "How long recordings shall be kept; the bucket's lifecycle rule does it (storage.md). " +
        "What was said in a session can be searched as long.",
    ),
  unseal: roleGroups.describe("Whose members may open exact texts and binds; nobody when absent."),
});

export const documentSchema = z.strictObject({
  resources: z.array(resourceSchema).default([]),
  grants: z.array(grantSchema).default([]),
  guardrails: z.array(guardrailSchema).default([]),
  masking: z.array(maskingSchema).default([]),
  budgets: z.array(budgetSchema).default([]),
  roles: z
    .strictObject({ reviewer: roleGroups, auditor: roleGroups, admin: roleGroups })
    .default({ reviewer: [], auditor: [], admin: [] }),
  recording: recordingSchema.default({ default: "full", retentionDays: 365, unseal: [] }),
});

/** `sluice.yaml`, read and checked, every default filled in. */
export type Document = z.infer<typeof documentSchema>;
export type ResourceRule = Document["resources"][number];
export type PostgresRule = z.infer<typeof postgresSchema>;
export type HttpRule = z.infer<typeof httpSchema>;
export type GrantRule = Document["grants"][number];
export type GuardrailRule = Document["guardrails"][number];
export type BudgetRule = Document["budgets"][number];
export type SignInAsked = z.infer<typeof signIn>;
export type MaskingRule = Document["masking"][number];

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
