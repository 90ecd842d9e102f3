import product from "../../../worker/index.ts";
import tests, { breakableD1 } from "../entry.ts";

export { CallerObject, CatalogObject, ConsoleObject, ReviewDesk } from "../../../worker/index.ts";
export { SessionObject } from "../entry.ts";

/** The deployed Worker, of which a test can break parts: `/api/break/WHAT` and `/api/mend/WHAT`. */
export default {
  ...product,
  fetch(request: Request, env: Env, ctx: ExecutionContext) {
    const ours = /^\/api\/(break|mend|call)\//.test(new URL(request.url).pathname);
    if (ours) return tests.fetch(request, env);
    return product.fetch?.(request as never, { ...env, DB: breakableD1(env.DB) }, ctx);
  },
};
