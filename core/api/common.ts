import { z } from "../zod.ts";
import { ACCESS } from "../command.ts";
import { ROLES } from "../session.ts";

/** RFC 3339 in UTC with milliseconds, as every instant in JSON. */
export const instant = z.iso.datetime({ precision: 3 });

/** The same as somebody may ask with it: any precision, any offset. To milliseconds since 1970. */
export const moment = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** A kind and 26 lower-case base32 characters of a UUIDv7 (CONTRACTS §10). */
export const id = <K extends string>(kind: K) =>
  z.templateLiteral([z.literal(kind), z.literal("_"), z.string().regex(/^[0-9a-v]{26}$/)]);

/** Names of resources, rules, secrets: what may stand in a path without escaping. */
export const name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/);

export const access = z.enum(ACCESS);

export const role = z.enum(ROLES);

export const principalKind = z.enum(["person", "service", "sluice"]);

/** `after` is the `next` of the page before; it means nothing to the client. */
export const paging = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  after: z.string().max(200).optional(),
});

/** Newest first. `next` is null on the last page. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next: z.string().nullable() });

/** Milliseconds since 1970 to what JSON says. */
export const toInstant = (at: number): string => new Date(at).toISOString();
