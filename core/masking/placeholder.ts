import { equal, text } from "../bytes.ts";
import { hidden, type Kept, REDACTED, type Technique } from "./techniques.ts";

/** What `hash` and `tokenise` write. */
const HASH = /^[0-9a-f]{32}$/;
const TOKEN = /^tok_[a-z2-7]{26}$/;
const STAR = 42;

/**
 * A text that a rule of this technique may have shown in a value's place: what the technique
 * itself writes, the words of a value that is masked whole, the stars of a cell too long to hold.
 */
export function isPlaceholder(technique: Technique, value: Uint8Array): boolean {
  if (value.length === 0) return false;
  if (value.every((byte) => byte === STAR)) return true;
  if (technique === "null") return false;
  if (equal(value, REDACTED)) return true;
  if (typeof technique !== "string")
    return value.includes(STAR) && isPartial(technique.partial, value);
  const shape = technique === "hash" ? HASH : TOKEN;
  return technique !== "redact" && value.length <= 32 && shape.test(text(value));
}

/** Stars wherever the technique hides; counted in place, for a bound value may be large. */
function isPartial(keep: Kept, value: Uint8Array): boolean {
  let characters = 0;
  for (const byte of value) if (isFirst(byte)) characters++;
  const [from, to] = hidden(keep, characters);
  let at = -1;
  for (const byte of value) {
    if (isFirst(byte)) at++;
    if (at >= from && at < to && byte !== STAR) return false;
  }
  return true;
}

/** A character of UTF-8 goes on with bytes 10xxxxxx (RFC 3629). */
const isFirst = (byte: number): boolean => (byte & 0xc0) !== 0x80;
