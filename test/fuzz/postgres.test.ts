import { fuzzPostgres } from "./postgres.ts";

fuzzPostgres(10);
