import { differentialPostgres } from "./differential.ts";

differentialPostgres({ numRuns: 1_000_000, interruptAfterTimeLimit: 600_000 });
