import { z } from "../zod.ts";

/** Without one of its settings a deployment answers `misconfigured` everywhere. */
export const health = z.object({ status: z.literal("ok") });
