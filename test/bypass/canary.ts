import { createHash } from "node:crypto";

/*
 * What must never reach a client. Each masked column of `people` holds a value that occurs nowhere
 * else; a leak is one of them in any form that a statement can give it.
 */

/** Words of masked text, in no language and no other row. */
export const WORDS = [
  "kestrelux", // ssn
  "walrusimo", // email
  "ibexandria", // card
  "quokkaton", // secret
  "axolotlin", // tags
  "pangolette", // profile
  "narwhalia", // doc
  "okapillar", // photo, as bytes
  "tapirella", // notes, in the view's own table
  "lemurando", // composite
] as const;

/** Numbers of masked columns, as digits. */
export const DIGITS = ["73194628", "918273", "550117293846", "41592653"] as const;

/** `born` and `seen_at`, however DateStyle writes them. */
const DATES = [
  "1937-11-23",
  "11/23/1937",
  "23/11/1937",
  "11-23-1937",
  "23-11-1937",
  "23.11.1937",
  "19371123",
];
const UUID = "c0ffee11-5eed-4bad-8bad-0123456789ab";

const RATIO = 0.4159265358979;

function forms(word: string): string[] {
  const bytes = Buffer.from(word);
  const capital = word[0]?.toUpperCase() + word.slice(1);
  const digest = (name: string, of: string): string => createHash(name).update(of).digest("hex");
  const hashes = ["md5", "sha256", "sha512"].flatMap((name) =>
    [word, capital, word.toUpperCase()].map((each) => digest(name, each)),
  );
  return [word, reversed(word), bytes.toString("hex"), wide(word), ...hashes].concat(
    hexOf(capital),
    hexOf(word.toUpperCase()),
  );
}

const hexOf = (word: string): string => Buffer.from(word).toString("hex");
export const reversed = (word: string): string => [...word].toReversed().join("");

/** One zero width space between any two. */
const wide = (word: string): string => [...word].join("\u200b");

/** What base64 makes of the word at each of its three places, without the border's characters. */
const base64s = (word: string): string[] =>
  [word, word[0]?.toUpperCase() + word.slice(1)].flatMap((each) =>
    [0, 1, 2].map((before) =>
      Buffer.from("\0".repeat(before) + each)
        .toString("base64")
        .slice(before === 0 ? 0 : before + 1, -4),
    ),
  );

const int = (value: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes.toString("latin1");
};
const big = (value: bigint): string => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes.toString("latin1");
};
const double = (value: number): string => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString("latin1");
};

/** Days from 2000-01-01 to 1937-11-23, as `date` is sent. */
const bornDays = (Date.UTC(1937, 10, 23) - Date.UTC(2000, 0, 1)) / 86_400_000;

/** Numbers, dates and the uuid in binary format. */
const BINARY = [
  int(73_194_628),
  big(550_117_293_846n),
  double(RATIO),
  int(bornDays),
  Buffer.from(UUID.replaceAll("-", ""), "hex").toString("latin1"),
];

const SMALL = [
  ...WORDS.flatMap(forms),
  ...DIGITS,
  ...DIGITS.map(reversed),
  ...DIGITS.map((digits) => Buffer.from(digits).toString("hex")),
  ...DATES,
  ...DATES.map(reversed),
  UUID,
  UUID.replaceAll("-", ""),
];
const EXACT = [...WORDS.flatMap(base64s), ...BINARY];

/** The first canary in any form, or null. `bytes` as latin1 text. */
export function canaryIn(bytes: string): string | null {
  const small = bytes.toLowerCase();
  const found =
    SMALL.find((form) => small.includes(form)) ?? EXACT.find((form) => bytes.includes(form));
  return found === undefined ? null : JSON.stringify(found);
}

/**
 * All that a client could put together of cells: each as it is, all of them in a row, the numbers
 * among them as characters, first characters alone.
 */
export function canaryInCells(cells: readonly (Uint8Array | null)[]): string | null {
  const texts = cells.map((cell) => Buffer.from(cell ?? []).toString("latin1"));
  const characters = texts.map((text) =>
    /^\d{2,3}$/.test(text) ? String.fromCharCode(Number(text)) : "",
  );
  const pieces = [texts.join(""), texts.toReversed().join(""), characters.join("")];
  pieces.push(texts.map((text) => text.replaceAll("-", "")).join(""));
  for (const piece of pieces) {
    const found = canaryIn(piece);
    if (found !== null) return found;
  }
  return null;
}
