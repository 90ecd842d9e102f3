import { z } from "../zod.ts";
import { instant, principalKind, role } from "./common.ts";

/** Who the token says you are, and what the applied policy makes of your groups. */
export const me = z.object({
  id: z.string(),
  name: z.string(),
  kind: principalKind,
  groups: z.array(z.string()),
  roles: z.array(role),
  /** When the groups were last read from the issuer. */
  groupsReadAt: instant,
  expiresAt: instant,
});
export type Me = z.infer<typeof me>;
