import { isObject, type Walk } from "./schema.ts";

/** Values of JSON as schemas compare them. */

/** Equal values have equal texts, in whatever order their members came. */
export function canonical(value: unknown, walk: Walk): string {
  const text = written(value);
  walk.pay(text.length);
  return text;
}

function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  if (!isObject(value)) return typeof value === "symbol" ? "file" : JSON.stringify(value);
  const names = Object.keys(value).toSorted();
  return `{${names.map((name) => `${JSON.stringify(name)}:${written(value[name])}`).join(",")}}`;
}

export function same(a: unknown, b: unknown, walk: Walk): boolean {
  walk.steps++;
  if (typeof a !== "object" || typeof b !== "object") return a === b;
  if (a === null || b === null) return a === b;
  return canonical(a, walk) === canonical(b, walk);
}

/** In code points. */
export function isLonger(text: string, most: number): boolean {
  if (text.length <= most) return false;
  if (text.length > 2 * most) return true;
  let length = 0;
  for (const _ of text) length++;
  return length > most;
}

/** By the decimal digits of both, as people write amounts: 19.99 is a multiple of 0.01. */
export function isMultiple(value: number, of: number): boolean {
  const [a, b] = [decimal(value), decimal(of)];
  if (a === null || b === null) return false;
  const scale = Math.min(a.exponent, b.exponent);
  const whole = ({ digits, exponent }: Decimal): bigint => digits * 10n ** BigInt(exponent - scale);
  return whole(a) % whole(b) === 0n;
}

type Decimal = { readonly digits: bigint; readonly exponent: number };

function decimal(value: number): Decimal | null {
  const found = /^(-?\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/u.exec(String(value));
  if (found === null) return null;
  const [, whole = "", part = "", exponent = "0"] = found;
  return { digits: BigInt(whole + part), exponent: Number(exponent) - part.length };
}
