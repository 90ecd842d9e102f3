import type { Fact } from "../../core/fact.ts";

/** A statement as a recording has it. */
export const command = (
  shown: string,
  ...objects: string[]
): Extract<Fact, { kind: "command" }> => ({
  kind: "command",
  shown,
  operations: ["select"],
  objects,
  unbounded: false,
  digest: "ab",
  secret: null,
});

export const decision = (verdict: "allow" | "block" | "review", ...rules: string[]): Fact => ({
  kind: "decision",
  verdict,
  rules,
  message: null,
  policy: "pol_1",
});
