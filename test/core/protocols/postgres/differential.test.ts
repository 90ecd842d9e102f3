import { differentialPostgres } from "./differential.ts";

// The same conversations in every run; another seed finds others.
differentialPostgres({ seed: 1, numRuns: 1_000, interruptAfterTimeLimit: 6_000 });
