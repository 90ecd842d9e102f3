import { z } from "../zod.ts";
import { instant, name } from "./common.ts";

/** A secret by name. Its value goes in and never comes out again. */
export const secret = z.object({ name, author: z.string(), updatedAt: instant });
export const secrets = z.object({ items: z.array(secret) });

export const secretBody = z.object({ value: z.string().min(1).max(8_192) });
