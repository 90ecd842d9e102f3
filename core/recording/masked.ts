import type { Fact } from "../fact.ts";

type Completed = Pick<Extract<Fact, { kind: "completed" }>, "masked" | "findings">;

/** So many values were not shown as they are: a rule names them, or a detector found them. */
export const maskedIn = ({ masked, findings }: Completed): number =>
  [...masked.map(({ cells }) => cells), ...findings.map(({ count }) => count)].reduce(
    (sum, each) => sum + each,
    0,
  );
