import { alike, WAYS } from "./alike.ts";
import { KEYED, useTwins } from "./twins.ts";

/* The second policy: of what hash and tokenise show, equality is all. */

const { simple, binary } = WAYS;

alike(useTwins(KEYED), {
  ways: { simple, binary },
  not: [
    // Under hash and tokenise these are no masks: both would then hold the same.
    "update people set ssn = '************71' where id = 1",
    "update people set big = 0, ratio = 1.5 where id = 1",
  ],
});
