import { concat, utf8 } from "../bytes.ts";
import type { CellMask, Finding, Scanned } from "../masker.ts";
import { runEnd, TOKEN } from "./bytes.ts";
import { blockEnd } from "./detectors/private-key.ts";
import type { DetectorKind } from "./kinds.ts";
import type { ActiveRule } from "./masker.ts";
import { compileRegex, type Regex } from "./regex.ts";
import { type Hints, type Hit, Scanner } from "./scanner.ts";

export type ContentScanner = {
  scan(cell: Uint8Array, column: string): Scanned | null;
  scanInPlace(window: Uint8Array, column: string): readonly Finding[];
};

/** How one kind of finding is hidden: its rule's mask, and the words in its place. */
type Hiding = { readonly mask: CellMask; readonly words: Uint8Array };

const hiding = (kind: string, mask: CellMask): Hiding => ({
  mask,
  words: utf8(`[redacted:${kind}]`),
});

type UserPattern = { readonly kind: string; readonly regex: Regex };

/**
 * Beyond it a user's pattern that matches hides the whole cell: finding its ranges would take too
 * long.
 */
const rangesBytesMax = 256 * 1024;

const STAR = 42;
const HASH = 35;
const DOT = 46;
/** A mask as long as this may be a secret's first part. */
const continuedBytes = 16;

/**
 * Detectors and users' patterns of all active rules, or null when there are none. The first rule
 * of a kind has it.
 */
export function contentScanner(rules: readonly ActiveRule[]): ContentScanner | null {
  const hidings = new Map<string, Hiding>();
  const kinds = new Set<DetectorKind>();
  const patterns: UserPattern[] = [];
  for (const { rule, mask } of rules) {
    for (const kind of rule.detect ?? []) {
      if (!kinds.has(kind)) hidings.set(kind, hiding(kind, mask));
      kinds.add(kind);
    }
    for (const { id, regex } of rule.patterns ?? []) {
      const kind = `${rule.id}.${id}`;
      hidings.set(kind, hiding(kind, mask));
      patterns.push({ kind, regex: compileRegex(regex) });
    }
  }
  if (hidings.size === 0) return null;
  const scanner = new Scanner(kinds);
  const find = (cell: Uint8Array, column: string): readonly Hit[] | null => {
    const hits = kinds.size === 0 ? null : scanner.scan(cell, hintsOf(column));
    return patterns.length === 0 ? hits : withPatterns(hits, patterns, cell);
  };
  return {
    scan(cell, column) {
      const hits = find(cell, column);
      return hits === null ? null : replace(cell, hits, hidings);
    },
    scanInPlace(window, column) {
      continueMasks(window);
      const hits = find(window, column) ?? [];
      for (const hit of hits) window.fill(fillOf(hit, window), hit.start, hit.end);
      return count(hits);
    },
  };
}

function withPatterns(
  found: readonly Hit[] | null,
  patterns: readonly UserPattern[],
  cell: Uint8Array,
): readonly Hit[] | null {
  let hits = found;
  for (const { kind, regex } of patterns) {
    if (!regex.test(cell)) continue;
    const whole = [{ start: 0, end: cell.length }];
    const ranges = cell.length > rangesBytesMax ? whole : regex.ranges(cell);
    const safe = ranges.length === 0 ? whole : ranges;
    hits = [...(hits ?? []), ...safe.map((range) => ({ kind, ...range }))];
  }
  return hits === null || hits === found ? hits : disjoint(hits);
}

/** Findings that overlap become one, named after the first. */
function disjoint(hits: readonly Hit[]): readonly Hit[] {
  const merged: Hit[] = [];
  for (const hit of hits.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1);
    if (last === undefined || hit.start >= last.end) merged.push(hit);
    else if (hit.end > last.end) merged[merged.length - 1] = { ...last, end: hit.end };
  }
  return merged;
}

function replace(
  cell: Uint8Array,
  hits: readonly Hit[],
  hidings: ReadonlyMap<string, Hiding>,
): Scanned {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const { kind, start, end } of hits) {
    parts.push(
      cell.subarray(at, start),
      shown(cell.subarray(start, end), hidings.get(kind) as Hiding),
    );
    at = end;
  }
  parts.push(cell.subarray(at));
  return { bytes: concat(parts), findings: count(hits) };
}

/** Part of a text cannot be NULL: there `null` is as `redact`. */
function shown(hit: Uint8Array, { mask, words }: Hiding): Uint8Array {
  const inPart = mask.technique !== "redact" && mask.technique !== "null";
  return (inPart ? mask.text(hit) : null) ?? words;
}

function count(hits: readonly Hit[]): readonly Finding[] {
  const [first] = hits;
  if (first !== undefined && hits.length === 1) return [{ kind: first.kind, count: 1 }];
  const counts = new Map<string, number>();
  for (const { kind } of hits) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, n]) => ({ kind, count: n }));
}

/**
 * A secret longer than a window: the window before masked it up to its own end, and what follows
 * that mask here is the rest of it. A key whose end line is still to come is overwritten with `#`,
 * all else with `*`.
 */
function continueMasks(window: Uint8Array): void {
  let at = 0;
  while (at < window.length) {
    const fill = window[at] as number;
    let end = at + 1;
    if (fill === STAR || fill === HASH) {
      while (window[end] === fill) end++;
      if (end - at >= continuedBytes && end < window.length) {
        const rest = fill === HASH ? blockEnd(window, end, window.length) : tokenEnd(window, end);
        window.fill(fill === HASH && rest < window.length ? STAR : fill, end, rest);
        end = rest;
      }
    }
    at = end;
  }
}

/** Of a key that may go on in the next window, `#`. */
const fillOf = ({ kind, end }: Hit, window: Uint8Array): number =>
  kind === "private_key" && end === window.length ? HASH : STAR;

function tokenEnd(window: Uint8Array, at: number): number {
  const to = window.length;
  let end = runEnd(window, at, to, TOKEN);
  while (end < to && window[end] === DOT) end = runEnd(window, end + 1, to, TOKEN);
  return end;
}

const hints = new Map<string, Hints>();
const hintsMax = 10_000;
let lastColumn = "";
let lastHints: Hints = { ssn: false, phone: false };

/** Names say what bare digits are. Remembered, for it is asked once per cell. */
function hintsOf(column: string): Hints {
  if (column === lastColumn) return lastHints;
  lastColumn = column;
  lastHints = hints.get(column) ?? readHints(column);
  return lastHints;
}

function readHints(column: string): Hints {
  if (hints.size >= hintsMax) hints.clear();
  const made = {
    ssn: /ssn|social_?sec/i.test(column),
    phone: /phone|mobile|cell_?(no|num)|^(tel|fax)|_(tel|fax)/i.test(column),
  };
  hints.set(column, made);
  return made;
}
