import { CLASS, classAt, runEnd, TOKEN, WORD } from "../bytes.ts";
import type { DetectorKind } from "../kinds.ts";
import { startsWith } from "../match.ts";
import { findJwt } from "./jwt.ts";
import { findPrivateKey } from "./private-key.ts";
import type { Detect, Span } from "./span.ts";
import { TOKENS } from "./tokens.ts";

type Prefix = {
  readonly kind: DetectorKind;
  readonly bytes: Uint8Array;
  readonly detect: Detect;
};

const DOT = 46;
const utf8 = new TextEncoder();

function token(length: number, least: number, dots: boolean): Detect {
  return (cell, at, _from, to, span) => {
    let end = runEnd(cell, at + length, to, TOKEN);
    if (dots) while (end < to && cell[end] === DOT) end = runEnd(cell, end + 1, to, TOKEN);
    if (end - at - length < least) return false;
    span.start = at;
    span.end = end;
    return true;
  };
}

const PREFIXES: readonly Prefix[] = [
  { kind: "jwt", bytes: utf8.encode("eyJ"), detect: findJwt },
  { kind: "private_key", bytes: utf8.encode("-----BEGIN "), detect: findPrivateKey },
  ...TOKENS.map((entry) => ({
    kind: entry.kind,
    bytes: utf8.encode(entry.prefix),
    detect: token(entry.prefix.length, entry.least, "dots" in entry),
  })),
];

/** What begins with fixed bytes, found by the first two: one load rules out nearly every place. */
export class PrefixTable {
  readonly #byPair = new Map<number, Prefix[]>();
  readonly #pairs = new Uint8Array(0x10000);

  constructor(kinds: ReadonlySet<DetectorKind>) {
    for (const prefix of PREFIXES) {
      if (!kinds.has(prefix.kind)) continue;
      const pair = pairAt(prefix.bytes, 0);
      this.#pairs[pair] = 1;
      this.#byPair.set(pair, [...(this.#byPair.get(pair) ?? []), prefix]);
    }
  }

  /** Bytes that can begin a prefix. */
  firstBytes(): number[] {
    return [...this.#byPair.keys()].map((pair) => pair >> 8);
  }

  /** The kind found at the place, or null. A letter or digit just before means another word. */
  find(cell: Uint8Array, at: number, from: number, to: number, span: Span): DetectorKind | null {
    if (at + 2 >= to || this.#pairs[pairAt(cell, at)] === 0) return null;
    if ((CLASS[cell[at] as number] as number) & WORD && classAt(cell, at - 1, from, to) & WORD) {
      return null;
    }
    for (const { kind, bytes, detect } of this.#byPair.get(pairAt(cell, at)) ?? []) {
      if (startsWith(cell, at, to, bytes) && detect(cell, at, from, to, span)) return kind;
    }
    return null;
  }
}

const pairAt = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
