import { apiTokenDaysMax } from "../limits.ts";
import { z } from "../zod.ts";
import { id, instant, name, paging } from "./common.ts";
import { SCOPE_NAMES } from "./scope.ts";

const scopes = z.array(z.enum(SCOPE_NAMES));

/** An API token without its secret. `lastUsedAt` is exact to a minute; null: never. */
export const apiToken = z.object({
  id: id("slt"),
  name,
  owner: z.object({ id: z.string(), name: z.string() }),
  scopes,
  createdAt: instant,
  expiresAt: instant,
  lastUsedAt: instant.nullable(),
  revokedAt: instant.nullable(),
});
export type ApiTokenView = z.infer<typeof apiToken>;

export const apiTokensQuery = paging;

export const apiTokenBody = z.object({
  /** It stands beside its owner's name wherever the token acts. */
  name,
  scopes: scopes.min(1),
  days: z.number().int().min(1).max(apiTokenDaysMax).default(30),
});

/** `token` is shown this once: the gateway keeps its hash alone. */
export const madeApiToken = apiToken.extend({ token: z.string() });
