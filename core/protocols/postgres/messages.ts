import {
  concat,
  EMPTY,
  i32,
  putU32,
  strictText,
  text,
  u16,
  u32,
  u32Bytes,
  utf8,
} from "../../bytes.ts";
import { cString, HEADER_BYTES } from "./frames.ts";

/*
 * Single messages, written and read (manual, "Message Formats" and "Error and Notice Message
 * Fields"). Writers give the whole message; readers take the body behind type and length.
 */

export const PROTOCOL_3 = 3 << 16;
export const SSL_REQUEST = 80_877_103;
export const GSS_REQUEST = 80_877_104;
export const CANCEL_REQUEST = 80_877_102;

/** `type · length · parts`. */
export function message(type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  const whole = concat([header, ...parts, EMPTY]);
  whole[0] = type.charCodeAt(0);
  putU32(whole, 1, whole.length - 1);
  return whole;
}

/** The packets before a login have no type. */
function untyped(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = concat([new Uint8Array(4), ...parts]);
  putU32(whole, 0, whole.length);
  return whole;
}

/** A NUL ends a string on this wire: one inside would let what follows pass for the next field. */
const string = (value: string): Uint8Array => utf8(`${value.replaceAll("\0", "")}\0`);

/** Fields by their letter, in order: `S`, `V`, `C`, `M` … */
export type Fields = ReadonlyMap<string, string>;

export function writeFields(fields: Fields): Uint8Array {
  const parts = [...fields].map(([letter, value]) => string(letter + value));
  return concat([...parts, new Uint8Array(1)]);
}

/** Of an ErrorResponse or NoticeResponse. Null: malformed. */
export function readFields(body: Uint8Array): Map<string, string> | null {
  const fields = new Map<string, string>();
  let at = 0;
  while (at < body.length && body[at] !== 0) {
    const value = cString(body, at + 1);
    if (value === null) return null;
    fields.set(String.fromCharCode(body[at] as number), text(value.bytes));
    at = value.next;
  }
  return at === body.length - 1 ? fields : null;
}

export type Words = {
  readonly severity: "ERROR" | "FATAL" | "WARNING" | "NOTICE";
  /** SQLSTATE (manual, appendix "PostgreSQL Error Codes"). */
  readonly code: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  /** In the statement's text, in characters from 1. */
  readonly position?: number;
};

function wordFields({ severity, code, message, detail, hint, position }: Words): Fields {
  const fields = new Map([
    ["S", severity],
    ["V", severity],
    ["C", code],
    ["M", message],
  ]);
  if (detail !== undefined) fields.set("D", detail);
  if (hint !== undefined) fields.set("H", hint);
  if (position !== undefined) fields.set("P", String(position));
  return fields;
}

export const errorResponse = (words: Words): Uint8Array =>
  message("E", writeFields(wordFields(words)));

export const notice = (words: Omit<Words, "severity">): Uint8Array =>
  message("N", writeFields(wordFields({ ...words, severity: "NOTICE" })));

export const readyForQuery = (status: "I" | "T" | "E"): Uint8Array => message("Z", utf8(status));

export const authenticationOk = (): Uint8Array => message("R", u32Bytes(0));

export const authenticationCleartext = (): Uint8Array => message("R", u32Bytes(3));

export const parameterStatus = (name: string, value: string): Uint8Array =>
  message("S", string(name), string(value));

/** The key has 4 bytes in protocol 3.0 and up to 256 in 3.2. */
export const backendKeyData = (pid: number, key: Uint8Array): Uint8Array =>
  message("K", u32Bytes(pid), key);

/** Servers send the whole version number, though the manual speaks of the minor one alone. */
export const negotiateProtocolVersion = (
  minor: number,
  unsupported: readonly string[],
): Uint8Array =>
  message(
    "v",
    u32Bytes(PROTOCOL_3 | minor),
    u32Bytes(unsupported.length),
    ...unsupported.map(string),
  );

export const commandComplete = (tag: string): Uint8Array => message("C", string(tag));

export const describePortal = (name: string): Uint8Array => message("D", string(`P${name}`));

export const describeStatement = (name: string): Uint8Array => message("D", string(`S${name}`));

/** All rows of a portal. */
export const executePortal = (name: string): Uint8Array => message("E", string(name), u32Bytes(0));

export const copyFail = (reason: string): Uint8Array => message("f", string(reason));

export const query = (sql: string): Uint8Array => message("Q", string(sql));

export const sync = (): Uint8Array => message("S");

export const flush = (): Uint8Array => message("H");

export const terminate = (): Uint8Array => message("X");

export const cancelRequest = (pid: number, key: Uint8Array): Uint8Array =>
  untyped(u32Bytes(CANCEL_REQUEST), u32Bytes(pid), key);

export const sslRequest = (): Uint8Array => untyped(u32Bytes(SSL_REQUEST));

/** `version` is major << 16 | minor. */
export const startupMessage = (
  version: number,
  parameters: readonly (readonly [string, string])[],
): Uint8Array => {
  const pairs = parameters.flatMap(([name, value]) => [string(name), string(value)]);
  return untyped(u32Bytes(version), ...pairs, new Uint8Array(1));
};

/** The caller has made sure that no NUL is in it. */
export const passwordMessage = (password: Uint8Array): Uint8Array =>
  message("p", password, new Uint8Array(1));

export const saslInitialResponse = (mechanism: string, response: Uint8Array): Uint8Array =>
  message("p", string(mechanism), u32Bytes(response.length), response);

export const saslResponse = (response: Uint8Array): Uint8Array => message("p", response);

/** One column of a result, as the server describes it. */
export type RowField = {
  readonly name: string;
  /** 0: not a table's column. */
  readonly tableOid: number;
  /** The column's number in that table, from 1; 0: none. */
  readonly attribute: number;
  readonly type: number;
  readonly typeSize: number;
  readonly typeModifier: number;
  readonly format: number;
};

/** Signed, as attribute numbers and type sizes are. */
const i16 = (bytes: Uint8Array, at: number): number => (u16(bytes, at) << 16) >> 16;

/** Null: malformed, or a name that is not UTF-8. */
export function readRowDescription(body: Uint8Array): readonly RowField[] | null {
  if (body.length < 2) return null;
  const count = u16(body, 0);
  const fields: RowField[] = [];
  let at = 2;
  for (let i = 0; i < count; i++) {
    const name = cString(body, at);
    const shown = name === null ? null : strictText(name.bytes);
    if (name === null || shown === null || name.next + 18 > body.length) return null;
    fields.push({
      name: shown,
      tableOid: u32(body, name.next),
      attribute: i16(body, name.next + 4),
      type: u32(body, name.next + 6),
      typeSize: i16(body, name.next + 10),
      typeModifier: i32(body, name.next + 12),
      format: u16(body, name.next + 16),
    });
    at = name.next + 18;
  }
  return at === body.length ? fields : null;
}
