import type { Catalog } from "../catalog.ts";
import { z } from "../zod.ts";
import { name } from "./common.ts";

const oid = z.number().int().min(0);
const names = z.array(z.string());

const column = z.strictObject({
  number: z.number().int(),
  name: z.string(),
  type: oid,
  sized: z.boolean().exactOptional(),
  generatedFrom: names,
});

const relation = z.strictObject({
  oid,
  schema: z.string(),
  name: z.string(),
  kind: z.enum(["r", "v", "m", "p", "f", "S"]),
  columns: z.array(column),
  definition: z.string().nullable(),
  parents: z.array(oid),
  hasTriggers: z.boolean(),
});

/** A target's own catalog (core/catalog.ts says what each part means). */
export const catalog: z.ZodType<Catalog> = z.strictObject({
  version: z.string(),
  relations: z.array(relation),
  gone: z.array(relation.extend({ goneAt: z.number() })).exactOptional(),
  pureFunctions: names,
  userOperators: names,
  userTypes: names,
  systemColumns: z.record(z.string(), names),
  searchPath: names,
});

/** A catalog with the name of its resource: what `sluice policy catalog` saves. */
export const savedCatalog = z.strictObject({ resource: name, catalog });
export type SavedCatalog = z.infer<typeof savedCatalog>;
