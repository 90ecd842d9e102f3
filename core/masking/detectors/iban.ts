import { CLASS, classAt, DIGIT, LETTER, WORD } from "../bytes.ts";
import type { Detect } from "./span.ts";

/** Lengths by country (ISO 13616, the registry's table). */
const LENGTHS =
  "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18" +
  "FR27GB22GE22GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21" +
  "LY25MC27MD24ME22MK19MR27MT31MU30NL18NO15PK24PL28PS29PT25QA29RO24RS22SA24SC31SE24SI19SK24SM27" +
  "ST25SV28TL23TN24TR26UA29VA22VG24XK20";

const byCountry = new Map(
  (LENGTHS.match(/.{4}/g) ?? []).map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

const digits = new Uint8Array(34);
const SPACE = 32;

/**
 * Wakes at the first check digit; the country stands just before it. Spaces may part the groups.
 */
export const findIban: Detect = (cell, at, from, to, span) => {
  const start = at - 2;
  if (!(classAt(cell, start, from, to) & LETTER)) return false;
  if (!(classAt(cell, start + 1, from, to) & LETTER)) return false;
  if (classAt(cell, start - 1, from, to) & WORD) return false;
  if (!(classAt(cell, at + 1, from, to) & DIGIT)) return false;
  const length = byCountry.get(
    String.fromCharCode((cell[start] as number) & 0xdf, (cell[start + 1] as number) & 0xdf),
  );
  if (length === undefined) return false;
  let count = 0;
  let place = start;
  for (; place < to && count < length; place++) {
    const byte = cell[place] as number;
    if (byte === SPACE && cell[place - 1] !== SPACE) continue;
    if (!((CLASS[byte] as number) & WORD)) return false;
    digits[count++] = byte;
  }
  if (count < length || classAt(cell, place, from, to) & WORD || !mod97(length)) return false;
  span.start = start;
  span.end = place;
  return true;
};

/** ISO 7064 MOD 97-10 over the number with its first four characters moved to the end. */
function mod97(length: number): boolean {
  let rest = 0;
  for (let i = 0; i < length; i++) {
    const byte = digits[(i + 4) % length] as number;
    rest = byte < 58 ? (rest * 10 + byte - 48) % 97 : (rest * 100 + (byte & 0xdf) - 55) % 97;
  }
  return rest === 1;
}
