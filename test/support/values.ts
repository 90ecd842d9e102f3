import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import type { Command, Decision, Policy } from "../../core/decision.ts";
import type { Crypto } from "../../core/crypto.ts";
import type { Masker } from "../../core/masker.ts";
import type { StreamSpec } from "../../core/session.ts";

/**
 * Real hashes, and random bytes that are the same in every run, so that conversations are exact.
 */
export function seededCrypto(seed = 1): Crypto {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 16) & 255;
  };
  return {
    sha256: (data) => new Uint8Array(createHash("sha256").update(data).digest()),
    hmacSha256: (key, data) => new Uint8Array(createHmac("sha256", key).update(data).digest()),
    pbkdf2: (password, salt, n) => new Uint8Array(pbkdf2Sync(password, salt, n, 32, "sha256")),
    md5: (data) => new Uint8Array(createHash("md5").update(data).digest()),
    random: (n) => Uint8Array.from({ length: n }, next),
  };
}

export const sampleSpec = (over: Partial<StreamSpec> = {}): StreamSpec => ({
  id: "ses_00000000000000000000000001",
  principal: { id: "u-ada", name: "ada", groups: ["engineers"], kind: "person" },
  onBehalfOf: null,
  resource: {
    id: "res_00000000000000000000000001",
    name: "shop-db",
    type: "postgres",
    host: "127.0.0.1",
    port: 5432,
    database: "shop",
    user: "sluice",
    password: null,
    tls: "disable",
    network: "private",
    labels: {},
  },
  sealed: {},
  policy: { version: "pol_1", source: "" },
  literalTexts: null,
  recording: "full",
  openedAt: 1_000,
  endsAt: null,
  granted: [],
  reason: null,
  ticket: null,
  publicUrl: "http://gateway.example",
  ...over,
});

/** Masks nothing. */
export const openMasker: Masker = {
  idle: true,
  detects: false,
  hidesColumns: false,
  opaqueRule: "none",
  longestPattern: 0,
  source: () => null,
  asks: () => "allow",
  denies: false,
  tells: () => false,
  output: () => null,
  whole: (rule) => ({
    rule,
    technique: "redact",
    text: () => new Uint8Array(0),
    isPlaceholder: () => false,
  }),
  scan: () => null,
  scanInPlace: () => [],
  body: () => "pass",
  header: (_, value) => ({ text: value, rule: null, findings: [] }),
  rules: "[]",
  sent: null,
};

/** Allows everything, unless told otherwise. */
export const samplePolicy = (
  decide: (command: Command) => Decision = () => ({ verdict: "allow", rules: ["all"] }),
  over: Partial<Policy> = {},
): Policy => ({ version: "pol_1", masker: openMasker, recording: "full", decide, ...over });

export const sampleCommand = (over: Partial<Command> = {}): Command => ({
  id: 1,
  protocol: "postgres",
  text: "select 1",
  shown: "select 1",
  parameters: [],
  clearParameters: [],
  operations: ["select"],
  objects: [],
  columns: [],
  functions: [],
  unbounded: false,
  overwrites: null,
  risks: [],
  changesNothing: false,
  questions: 0,
  holdsLocks: false,
  searchPath: null,
  ...over,
});
