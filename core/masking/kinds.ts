import { TOKEN_KINDS } from "./detectors/tokens.ts";

/** Every detector that a masking rule may name, as `sluice.yaml` spells it. */
export const DETECTOR_KINDS = [
  "credit_card",
  "us_ssn",
  "email",
  "phone",
  "iban",
  "jwt",
  "private_key",
  ...TOKEN_KINDS,
] as const;
export type DetectorKind = (typeof DETECTOR_KINDS)[number];
