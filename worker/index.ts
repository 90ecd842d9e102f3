import { apiTokenShownSeconds } from "../core/limits.ts";
import { forgetOldApiTokens } from "../store/api-tokens.ts";
import { database } from "../store/db.ts";
import { forgetOldAttempts } from "../store/attempts.ts";
import { forgetOldAnswers } from "../store/kept-answers.ts";
import { forgetOldResults } from "../store/results.ts";
import { closeOpenings } from "../store/openings.ts";
import { forgetOldTokens } from "../store/tokens.ts";
import { exchanges, isExchange } from "./exchanges.ts";
import { chainHour } from "./hours.ts";
import { ownHost } from "./pages.ts";
import { forgetOldStatements } from "./retention.ts";

export { CallerObject } from "../durable-objects/caller.ts";
export { CatalogObject } from "../durable-objects/catalog.ts";
export { ConsoleObject } from "../durable-objects/console.ts";
export { ReviewDesk } from "../durable-objects/review-desk.ts";
export { SessionObject } from "../durable-objects/session.ts";

export default {
  fetch: (request, env, ctx) =>
    isExchange(request, env) ? exchanges.fetch(request, env, ctx) : ownHost(request, env, ctx),

  /**
   * Hourly (wrangler.toml): what can no longer be used is forgotten, and the heads of recordings
   * are chained.
   */
  async scheduled(controller, env): Promise<void> {
    const db = database(env);
    await forgetOldAttempts(db, controller.scheduledTime);
    await forgetOldTokens(db, controller.scheduledTime);
    await forgetOldAnswers(db, controller.scheduledTime);
    await forgetOldResults(db, env.RECORDINGS, controller.scheduledTime);
    await forgetOldApiTokens(db, controller.scheduledTime - apiTokenShownSeconds * 1000);
    await closeOpenings(db, controller.scheduledTime);
    await forgetOldStatements(db, controller.scheduledTime);
    await chainHour(env, controller.scheduledTime);
  },
} satisfies ExportedHandler<Env>;
