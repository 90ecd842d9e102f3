import type { Masker } from "../../masker.ts";
import type { Tally } from "../../tally.ts";
import type { FieldRules } from "../fields.ts";

/** Rules for bodies, compiled for one principal and one resource. */
export type BodyRules = {
  readonly fields: FieldRules;
  /** Detectors over texts; null: there are none. */
  readonly detect: Pick<Masker, "scan" | "scanInPlace" | "longestPattern"> | null;
};

/**
 * A body on its way, cut anywhere: however it is cut, the same leaves. Bytes are those of the
 * content, without any transfer or content coding.
 */
export interface BodyMasker {
  /** What may leave now. Null: it is not what its type says, and nothing more of it may leave. */
  push(chunk: Uint8Array): Uint8Array | null;
  /** What was still held; null as above. */
  finish(): Uint8Array | null;
  readonly tally: Tally;
}
