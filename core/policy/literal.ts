import type { Policy } from "../decision.ts";
import { idleMasker } from "../masking/masker.ts";

const RULE = "literal-texts";

/** The policy of the gateway's own sessions: exactly these texts run, nothing is masked. */
export function literalPolicy(texts: readonly string[], version: string): Policy {
  const known = new Set(texts);
  return {
    version,
    masker: idleMasker,
    recording: "statements",
    decide: (command) =>
      known.has(command.text)
        ? { verdict: "allow", rules: [RULE] }
        : {
            verdict: "block",
            rules: [RULE],
            message: "This session runs a fixed list of statements.",
          },
  };
}
