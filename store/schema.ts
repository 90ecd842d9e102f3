/** Every table of D1: what drizzle-kit makes migrations from. */
export { apiTokens } from "./api-tokens.ts";
export { attempts, deviceCodes } from "./attempts.ts";
export { auditEvents } from "./audit.ts";
export { hourlyCounts } from "./counts.ts";
export { resourceHealth } from "./health.ts";
export { hours } from "./hours.ts";
export { keptAnswers } from "./kept-answers.ts";
export { openings } from "./openings.ts";
export { policies, resourceIds } from "./policies.ts";
export { principals } from "./principals.ts";
export { chunks } from "./recordings.ts";
export { results } from "./results.ts";
export { secrets } from "./secrets.ts";
export { sessions } from "./sessions.ts";
export { authCodes, refreshTokens, signIns } from "./tokens.ts";
