import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { RecordingLevel } from "../core/decision.ts";

const demoFile = join(import.meta.dirname, "../demo/sluice.yaml");

/** One database under four names; what is masked hangs on the name. */
export const RESOURCES = {
  /** Nothing masked. */
  plain: [],
  /** Three columns of `bench_rows`, by name. */
  columns: [
    { id: "three-mail", columns: ["bench_rows.email"], technique: "redact" },
    { id: "three-card", columns: ["bench_rows.card"], technique: { partial: { last: 4 } } },
    { id: "three-phone", columns: ["bench_rows.phone"], technique: "redact" },
  ],
  /** Every text cell under all the demo's detectors. */
  detectors: [{ id: "all-text", detect: demoDetectors(), technique: "redact" }],
  /** The demo's own rules, columns and detectors. */
  demo: demoPolicy().masking,
} as const;
export type ResourceName = keyof typeof RESOURCES;

type Rule = { readonly id: string; readonly detect?: readonly string[] };

type DemoPolicy = {
  readonly resources: readonly Readonly<Record<string, unknown>>[];
  readonly guardrails: readonly { readonly resources?: readonly string[] }[];
  readonly masking: readonly Rule[];
  readonly roles: unknown;
};

function demoPolicy(): DemoPolicy {
  return parse(readFileSync(demoFile, "utf8")) as DemoPolicy;
}

function demoDetectors(): readonly string[] {
  return demoPolicy().masking.flatMap(({ detect }) => detect ?? []);
}

/** The demo's policy over the four resources. JSON is YAML. */
export function policyText(postgresPort: number, level: RecordingLevel = "full"): string {
  const { resources, guardrails, roles } = demoPolicy();
  const names = Object.keys(RESOURCES);
  const access = ["read", "write", "schema"];
  return JSON.stringify({
    resources: names.map((name) => ({ ...resources[0], name, port: postgresPort })),
    grants: [{ id: "engineers", groups: ["engineers"], resources: names, access, hours: 8 }],
    // Those of another resource of the demo's have nothing to speak of here.
    guardrails: guardrails.filter(({ resources: named }) => named === undefined),
    masking: Object.entries(RESOURCES).flatMap(([name, rules]: [string, readonly Rule[]]) =>
      rules.map((rule) => ({ ...rule, id: `${name}-${rule.id}`, resources: [name] })),
    ),
    roles,
    recording: { default: level, retentionDays: 365 },
  });
}

/** One service under two names: nothing masked, and three fields by their keys. */
export function httpPolicyText(url: string): string {
  const names = ["http-plain", "http-masked"];
  const masked = {
    id: "by-key",
    resources: ["http-masked"],
    fields: ["ssn", "email", "card_number"],
  };
  return JSON.stringify({
    resources: names.map((name) => ({ name, type: "http", url, network: "private" })),
    grants: [
      { id: "engineers", groups: ["engineers"], resources: names, access: ["read"], hours: 8 },
    ],
    masking: [{ ...masked, technique: "redact" }],
    roles: demoPolicy().roles,
    recording: { default: "full", retentionDays: 365 },
  });
}
