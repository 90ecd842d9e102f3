import type { Masker } from "../../masker.ts";
import type { FieldRules } from "../fields.ts";

/** Rules for bodies, compiled for one principal and one resource. */
export type BodyRules = {
  readonly fields: FieldRules;
  /** Detectors over texts; null: there are none. */
  readonly detect: Pick<Masker, "scan" | "scanInPlace" | "longestPattern"> | null;
};

export type { BodyMasker } from "../../masker.ts";
