import { fuzzPostgres } from "./postgres.ts";

fuzzPostgres(1_200);
