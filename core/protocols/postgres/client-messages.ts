import { i32, strictText, u16 } from "../../bytes.ts";
import { cString } from "./frames.ts";

/*
 * The client's messages that carry more than a name (manual, "Message Formats"). Null: malformed.
 */

/** Formats as Bind gives them: none: all text; one: for all; else one each. */
export const formatAt = (formats: readonly number[], index: number): number =>
  (formats.length === 1 ? formats[0] : formats[index]) ?? 0;

export type Target = { readonly kind: "statement" | "portal"; readonly name: string };

/** Describe and Close: 'S' or 'P', then a name. */
export function readTarget(body: Uint8Array): Target | null {
  const name = cString(body, 1);
  const key = name === null ? null : strictText(name.bytes);
  if (name === null || key === null || name.next !== body.length) return null;
  if (body[0] === 0x53) return { kind: "statement", name: key };
  return body[0] === 0x50 ? { kind: "portal", name: key } : null;
}

export type BindMessage = {
  readonly portal: string;
  readonly statement: string;
  readonly formats: readonly number[];
  readonly values: readonly (Uint8Array | null)[];
  readonly resultFormats: readonly number[];
};

/** Manual, "Bind". Null: malformed. */
export function readBind(body: Uint8Array): BindMessage | null {
  const portalName = cString(body, 0);
  const statementName = portalName === null ? null : cString(body, portalName.next);
  if (portalName === null || statementName === null) return null;
  const portal = strictText(portalName.bytes);
  const statement = strictText(statementName.bytes);
  const formats = readShorts(body, statementName.next);
  if (portal === null || statement === null || formats === null) return null;
  const values = readValues(body, formats.next);
  const results = values === null ? null : readShorts(body, values.next);
  if (values === null || results === null || results.next !== body.length) return null;
  const { shorts: resultFormats } = results;
  return { portal, statement, formats: formats.shorts, values: values.values, resultFormats };
}

function readShorts(body: Uint8Array, at: number): { shorts: number[]; next: number } | null {
  if (at + 2 > body.length) return null;
  const count = u16(body, at);
  const next = at + 2 + 2 * count;
  if (next > body.length) return null;
  return { shorts: Array.from({ length: count }, (_, i) => u16(body, at + 2 + 2 * i)), next };
}

function readValues(
  body: Uint8Array,
  start: number,
): { values: (Uint8Array | null)[]; next: number } | null {
  if (start + 2 > body.length) return null;
  const count = u16(body, start);
  const values: (Uint8Array | null)[] = [];
  let at = start + 2;
  for (let i = 0; i < count; i++) {
    if (at + 4 > body.length) return null;
    const length = i32(body, at);
    at += 4;
    if (length < -1 || (length > 0 && at + length > body.length)) return null;
    values.push(length < 0 ? null : body.subarray(at, at + length));
    at += Math.max(length, 0);
  }
  return { values, next: at };
}
