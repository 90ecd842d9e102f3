import type { Crypto } from "../crypto.ts";
import type { Aggregate, CellMask, Masker, Predicates, SourceColumn } from "../masker.ts";
import type { MaskingRule } from "../policy/schema.ts";
import type { Principal, Resource } from "../session.ts";
import { bodyMaskerFor } from "./bodies/choose.ts";
import { headerShown } from "./bodies/header.ts";
import { type ColumnPattern, namesColumn, namesOutput, parseColumnPattern } from "./columns.ts";
import { contentScanner } from "./content.ts";
import { FieldRules, parseFieldPattern } from "./fields.ts";
import { longestPattern } from "./scanner.ts";
import { isPlaceholder } from "./placeholder.ts";
import { REDACTED, techniqueName, transformOf } from "./techniques.ts";

export type MaskKeys = { mask(purpose: string): Uint8Array };

/**
 * A rule that holds for this principal and resource, with its key derived and its technique built.
 */
export type ActiveRule = {
  readonly rule: MaskingRule;
  readonly mask: CellMask;
  readonly patterns: readonly ColumnPattern[];
};

/** Masks nothing. */
export const idleMasker: Masker = {
  idle: true,
  detects: false,
  source: () => null,
  asks: () => "allow",
  tells: () => false,
  output: () => null,
  whole: (rule) => redactWhole(rule),
  denies: false,
  hidesColumns: false,
  opaqueRule: "",
  scan: () => null,
  scanInPlace: () => [],
  longestPattern: 0,
  body: () => "pass",
  header: (_, value) => ({ text: value, rule: null, findings: [] }),
  rules: "[]",
  sent: null,
};

/**
 * Compiles masking rules for one principal on one resource. When several rules name a column, the
 * one that shows least stands: redact and null, then hash and tokenise, then partial; then the
 * first in the file. Throws an Error for a regex that RE2 refuses.
 */
export function createMasker(
  rules: readonly MaskingRule[],
  principal: Pick<Principal, "groups">,
  resource: Pick<Resource, "id" | "name">,
  keys: MaskKeys,
  crypto: Crypto,
): Masker {
  const active = rules
    .filter((rule) => holds(rule, principal, resource))
    .map((rule) => activate(rule, resource, keys, crypto));
  if (active.length === 0) return idleMasker;
  const columnRules = active
    .filter(({ patterns }) => patterns.length > 0)
    .toSorted((a, b) => shows(a.rule) - shows(b.rule));
  const content = contentScanner(active);
  const nullRules = new Set(active.flatMap(({ rule }) => (isNull(rule) ? [rule.id] : [])));
  const sources = new WeakMap<SourceColumn, CellMask | null>();
  const outputs = new Map<string, CellMask | null>();
  const find = (wanted: (pattern: ColumnPattern) => boolean): ActiveRule | undefined =>
    columnRules.find(({ patterns }) => patterns.some(wanted));
  const naming = (column: SourceColumn): readonly ActiveRule[] =>
    columnRules.filter(({ patterns }) => patterns.some((p) => namesColumn(p, column)));
  const columns: Omit<Masker, "body" | "header" | "rules" | "sent"> = {
    idle: false,
    detects: content !== null,
    source: (column) =>
      recall(sources, column, () => find((p) => namesColumn(p, column))?.mask ?? null),
    asks: (column) => {
      const rules = naming(column);
      return STRICTEST.find((may) => rules.some(({ rule }) => rule.predicates === may)) ?? "allow";
    },
    tells: (column, by) => tells(naming(column), by),
    output: (name) =>
      remember(outputs, name, () => find((p) => namesOutput(p, name))?.mask ?? null),
    whole: (rule) => (nullRules.has(rule) ? nullWhole(rule) : redactWhole(rule)),
    denies: columnRules.some(({ rule }) => rule.predicates === "deny"),
    hidesColumns: columnRules.length > 0,
    opaqueRule: columnRules[0]?.rule.id ?? "",
    scan: (cell, column) => content?.scan(cell, column) ?? null,
    scanInPlace: (window, column) => content?.scanInPlace(window, column) ?? [],
    longestPattern: content === null ? 0 : longestPattern,
  };
  const answers = active.filter(({ rule }) => rule.on.includes("answers"));
  const requests = active.filter(({ rule }) => rule.on.includes("requests"));
  return {
    ...columns,
    ...documents(answers),
    rules: JSON.stringify(answers.map(({ rule }) => rule)),
    sent: requests.length === 0 ? null : documents(requests),
  };
}

/** Of HTTP: bodies, headers and queries. */
function documents(active: readonly ActiveRule[]): Pick<Masker, "body" | "header"> {
  const content = contentScanner(active);
  const detect = content === null ? null : { ...content, longestPattern };
  const rules = { fields: fieldRules(active), detect };
  return {
    body: (type, unreadable) => bodyMaskerFor(type, rules, unreadable),
    header: (name, value) => headerShown(name, value, rules),
  };
}

/** Columns are fields too: `*.ssn` is a field `ssn`, `customers.email` one in the other. */
function fieldRules(active: readonly ActiveRule[]): FieldRules {
  const ruled = active.toSorted((a, b) => shows(a.rule) - shows(b.rule));
  return new FieldRules(
    ruled.flatMap(({ rule, mask }) =>
      [...(rule.fields ?? []), ...(rule.columns ?? []).map((column) => column.replace(/^\*\./, ""))]
        .map(parseFieldPattern)
        .flatMap((pattern) => (pattern === null ? [] : [{ pattern, mask }])),
    ),
  );
}

function holds(
  rule: MaskingRule,
  principal: Pick<Principal, "groups">,
  resource: Pick<Resource, "name">,
): boolean {
  if (rule.resources !== undefined && !rule.resources.includes(resource.name)) return false;
  return !rule.except?.some((group) => principal.groups.includes(group));
}

function activate(
  rule: MaskingRule,
  resource: Pick<Resource, "id">,
  keys: MaskKeys,
  crypto: Crypto,
): ActiveRule {
  const key = () => keys.mask(`sluice.mask.1/${rule.id}/${resource.id}`);
  return {
    rule,
    patterns: (rule.columns ?? []).map((column) => parseColumnPattern(column) as ColumnPattern),
    mask: {
      rule: rule.id,
      technique: techniqueName(rule.technique),
      text: transformOf(rule.technique, key, crypto),
      isPlaceholder: (value) => isPlaceholder(rule.technique, value),
    },
  };
}

/** By the rule that stands, which is the first; sums by all of them. */
function tells(rules: readonly ActiveRule[], by: Aggregate): boolean {
  const [standing] = rules;
  if (standing === undefined) return false;
  if (by === "sum") return rules.every(({ rule }) => rule.aggregates === "show");
  const { technique } = standing.mask;
  return by === "count" ? technique !== "null" : technique === "hash" || technique === "tokenise";
}

const isNull = (rule: MaskingRule): boolean => rule.technique === "null";

const STRICTEST: readonly Predicates[] = ["deny", "equality"];

/** How much of a value a rule lets through; characters for partial ones. */
function shows({ technique }: MaskingRule): number {
  if (typeof technique !== "string") return 2 + technique.partial.first + technique.partial.last;
  return technique === "redact" || technique === "null" ? 0 : 1;
}

const redactWhole = (rule: string): CellMask => ({
  rule,
  technique: "redact",
  whole: true,
  text: () => REDACTED,
  isPlaceholder: (value) => isPlaceholder("redact", value),
});

const nullWhole = (rule: string): CellMask => ({
  rule,
  technique: "null",
  whole: true,
  text: () => null,
  isPlaceholder: (value) => isPlaceholder("null", value),
});

const rememberedMax = 10_000;

function remember<T>(known: Map<string, T>, key: string, make: () => T): T {
  if (known.size >= rememberedMax && !known.has(key)) known.clear();
  return recall(known, key, make);
}

type Known<K, T> = { get(key: K): T | undefined; set(key: K, value: T): unknown };

function recall<K, T>(known: Known<K, T>, key: K, make: () => T): T {
  const held = known.get(key);
  if (held !== undefined) return held;
  const made = make();
  known.set(key, made);
  return made;
}
