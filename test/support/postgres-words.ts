import {
  concat,
  equal,
  hex,
  i32,
  putU32,
  text,
  u16,
  u32,
  u32Bytes,
  utf8,
} from "../../core/bytes.ts";
import { bytesOf, lineOf, unquoted, wordOf, Words, wordsOf } from "./words.ts";

/*
 * PostgreSQL's messages as words and back (manual, "Message Formats"). Each message is a name, a
 * type byte and its fields in order. What cannot be read is `Raw` and its bytes.
 */

class Reader {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  take(n: number): Uint8Array {
    if (n < 0 || n > this.left) throw new Error("cut");
    this.at += n;
    return this.bytes.subarray(this.at - n, this.at);
  }

  upToNul(): Uint8Array {
    const end = this.bytes.indexOf(0, this.at);
    const out = this.take(end - this.at);
    this.at++;
    return out;
  }
}

type Field = {
  readonly read: (from: Reader) => readonly string[];
  readonly write: (from: Words) => Uint8Array;
};

const short = (value: number): Uint8Array => Uint8Array.of((value >> 8) & 255, value & 255);

const string: Field = {
  read: (from) => [JSON.stringify(text(from.upToNul()))],
  write: (from) => concat([bytesOf(from.next()) ?? utf8(""), Uint8Array.of(0)]),
};
const letter: Field = {
  read: (from) => [text(from.take(1))],
  write: (from) => utf8(from.next()),
};
const int32: Field = {
  read: (from) => [String(i32(from.take(4), 0))],
  write: (from) => u32Bytes(Number(from.next())),
};
const int16: Field = {
  read: (from) => [String(u16(from.take(2), 0))],
  write: (from) => short(Number(from.next())),
};
/** Everything up to the message's end. */
const rest: Field = {
  read: (from) => (from.left === 0 ? [] : [wordOf(from.take(from.left))]),
  write: (from) => (from.ends ? utf8("") : (bytesOf(from.next()) as Uint8Array)),
};
const rawRest: Field = {
  read: (from) => [`0x${hex(from.take(from.left))}`],
  write: (from) => bytesOf(from.next()) as Uint8Array,
};
const value: Field = {
  read: (from) => {
    const length = i32(from.take(4), 0);
    return [length < 0 ? "NULL" : wordOf(from.take(length))];
  },
  write: (from) => {
    const bytes = bytesOf(from.next());
    return bytes === null ? u32Bytes(0xffffffff) : concat([u32Bytes(bytes.length), bytes]);
  },
};

/** A count of two bytes and that many fields. */
function list(field: Field, brackets: boolean): Field {
  return {
    read: (from) => {
      const count = u16(from.take(2), 0);
      const words = Array.from({ length: count }, () => field.read(from)).flat();
      return brackets ? ["[", ...words, "]"] : words;
    },
    write: (from) => {
      if (brackets) from.takes("[");
      const parts: Uint8Array[] = [];
      while (!from.ends) parts.push(field.write(from));
      if (brackets) from.takes("]");
      return concat([short(parts.length), ...parts]);
    },
  };
}

const TYPES: ReadonlyMap<string, number> = new Map([
  ["bool", 16],
  ["bytea", 17],
  ["int8", 20],
  ["int4", 23],
  ["text", 25],
  ["json", 114],
  ["jsonb", 3802],
  ["date", 1082],
  ["numeric", 1700],
  ["uuid", 2950],
]);
const TYPE_NAMES = new Map([...TYPES].map(([name, oid]) => [oid, name]));
const typeName = (oid: number): string => TYPE_NAMES.get(oid) ?? String(oid);

const type: Field = {
  read: (from) => [typeName(u32(from.take(4), 0))],
  write: (from) => typeBytes(from.next()),
};
const typeBytes = (name: string): Uint8Array => u32Bytes(TYPES.get(name) ?? Number(name));

/**
 * `name:type`, then `@table.attribute` where it is a table's column, and `/b` for the binary
 * format.
 */
const column: Field = {
  read: (from) => {
    const name = text(from.upToNul());
    const [table, attribute] = [u32(from.take(4), 0), u16(from.take(2), 0)];
    const oid = u32(from.take(4), 0);
    from.take(6);
    const format = u16(from.take(2), 0);
    const where = table === 0 ? "" : `@${table}.${attribute}`;
    return [`${name}:${typeName(oid)}${where}${format === 1 ? "/b" : ""}`];
  },
  write: (from) => {
    const word = from.next();
    const [, name, kind, table = "0", attribute = "0", binary] =
      /^(.*?):([\w]+)(?:@(\d+)\.(\d+))?(\/b)?$/.exec(word) ?? [];
    if (name === undefined || kind === undefined) throw new Error(`not a column: ${word}`);
    return concat([
      utf8(`${name}\0`),
      u32Bytes(Number(table)),
      short(Number(attribute)),
      typeBytes(kind),
      Uint8Array.of(255, 255, 255, 255, 255, 255),
      short(binary === undefined ? 0 : 1),
    ]);
  },
};

/** An error's or a notice's: `C=42501 M="No."`. */
const fields: Field = {
  read: (from) => {
    const words: string[] = [];
    while (from.bytes[from.at] !== 0) {
      const name = text(from.take(1));
      words.push(pair(name, text(from.upToNul())));
    }
    from.take(1);
    return words;
  },
  write: (from) => pairs(from, (name, value) => utf8(`${name}${value}\0`)),
};

const pair = (name: string, given: string): string =>
  `${name}=${/^[\w./$-]+$/.test(given) ? given : JSON.stringify(given)}`;

function pairs(from: Words, write: (name: string, value: string) => Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  while (!from.ends) {
    const word = from.next();
    const at = word.indexOf("=");
    parts.push(write(word.slice(0, at), unquoted(word.slice(at + 1))));
  }
  return concat([...parts, Uint8Array.of(0)]);
}

type Shape = { readonly name: string; readonly code: string; readonly fields: readonly Field[] };
const shape = (name: string, code: string, ...fields: readonly Field[]): Shape => ({
  name,
  code,
  fields,
});

const copyShape = [copyFormat(), list(int16, false)] as const;

/** COPY's overall format: one byte, 0 or 1. */
function copyFormat(): Field {
  return {
    read: (from) => [from.take(1)[0] === 1 ? "binary" : "text"],
    write: (from) => Uint8Array.of(from.next() === "binary" ? 1 : 0),
  };
}

const CLIENT: readonly Shape[] = [
  shape("Query", "Q", string),
  shape("Parse", "P", string, string, list(type, true)),
  shape("Bind", "B", string, string, list(int16, true), list(value, true), list(int16, true)),
  shape("Describe", "D", letter, string),
  shape("Execute", "E", string, int32),
  shape("Close", "C", letter, string),
  shape("Sync", "S"),
  shape("Flush", "H"),
  shape("FunctionCall", "F", int32, list(int16, true), list(value, true), int16),
  shape("CopyData", "d", rest),
  shape("CopyDone", "c"),
  shape("CopyFail", "f", string),
  shape("Password", "p", rest),
  shape("Terminate", "X"),
];

const SERVER: readonly Shape[] = [
  shape("Authentication", "R", int32, rest),
  shape("NegotiateProtocolVersion", "v", rawRest),
  shape("ParameterStatus", "S", string, string),
  shape("BackendKeyData", "K", int32, rawRest),
  shape("ReadyForQuery", "Z", letter),
  shape("ParseComplete", "1"),
  shape("BindComplete", "2"),
  shape("CloseComplete", "3"),
  shape("NoData", "n"),
  shape("PortalSuspended", "s"),
  shape("EmptyQueryResponse", "I"),
  shape("ParameterDescription", "t", list(type, false)),
  shape("RowDescription", "T", list(column, false)),
  shape("DataRow", "D", list(value, false)),
  shape("CommandComplete", "C", string),
  shape("ErrorResponse", "E", fields),
  shape("NoticeResponse", "N", fields),
  shape("NotificationResponse", "A", int32, string, string),
  shape("CopyInResponse", "G", ...copyShape),
  shape("CopyOutResponse", "H", ...copyShape),
  shape("CopyData", "d", rest),
  shape("CopyDone", "c"),
  shape("FunctionCallResponse", "V", value),
];

/** Packets without a type: four bytes of length, four of a code. */
const UNTYPED: ReadonlyMap<string, number> = new Map([
  ["SSLRequest", 80_877_103],
  ["GSSENCRequest", 80_877_104],
]);

export type Speaker = "client" | "server";
const shapesOf = (speaker: Speaker): readonly Shape[] => (speaker === "client" ? CLIENT : SERVER);

/** The bytes of one message in words. */
export function messageBytes(speaker: Speaker, line: string): Uint8Array {
  const words = new Words(wordsOf(line));
  const name = words.next();
  if (name === "Raw") return bytesOf(words.next()) as Uint8Array;
  const code = UNTYPED.get(name);
  if (code !== undefined) return packet(u32Bytes(code));
  if (name === "StartupMessage") {
    const [major, minor] = words.next().split(".").map(Number) as [number, number];
    const parameters = pairs(words, (key, given) => utf8(`${key}\0${given}\0`));
    return packet(u32Bytes((major << 16) | minor), parameters);
  }
  const found = shapesOf(speaker).find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`the ${speaker} has no message ${name}`);
  const body = concat([...found.fields.map((field) => field.write(words)), utf8("")]);
  if (words.left > 0) throw new Error(`too many words in: ${line.slice(0, 200)}`);
  const whole = concat([new Uint8Array(5), body]);
  whole[0] = found.code.charCodeAt(0);
  putU32(whole, 1, whole.length - 1);
  return whole;
}

function packet(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = concat([new Uint8Array(4), ...parts]);
  putU32(whole, 0, whole.length);
  return whole;
}

/** Everything that was said, a line per message. */
export function messageLines(speaker: Speaker, bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = lengthAt(bytes, at);
    const whole = bytes.subarray(at, at + length);
    lines.push(lineFor(speaker, whole));
    at += length;
  }
  return lines;
}

function lengthAt(bytes: Uint8Array, at: number): number {
  const left = bytes.length - at;
  const untyped = bytes[at] === 0;
  if (left < (untyped ? 4 : 5)) return left;
  const length = untyped ? i32(bytes, at) : 1 + i32(bytes, at + 1);
  return length < 4 || length > left ? left : length;
}

/** A line that gives these very bytes again, or `Raw`. */
function lineFor(speaker: Speaker, whole: Uint8Array): string {
  try {
    const line = whole[0] === 0 ? untypedLine(whole) : typedLine(speaker, whole);
    if (equal(messageBytes(speaker, line), whole)) return line;
  } catch {
    // Not a message of this protocol: its bytes say what it is.
  }
  return `Raw ${wordOf(whole)}`;
}

function typedLine(speaker: Speaker, whole: Uint8Array): string {
  const code = String.fromCharCode(whole[0] as number);
  const found = shapesOf(speaker).find((candidate) => candidate.code === code);
  if (found === undefined) throw new Error(`no message ${code}`);
  const reader = new Reader(whole.subarray(5));
  return lineOf([found.name, ...found.fields.flatMap((field) => field.read(reader))]);
}

function untypedLine(whole: Uint8Array): string {
  const code = u32(whole, 4);
  const [request] = [...UNTYPED].find(([, number]) => number === code) ?? [];
  if (request !== undefined) return request;
  const reader = new Reader(whole.subarray(8));
  const words = ["StartupMessage", `${code >>> 16}.${code & 0xffff}`];
  while (reader.left > 1) words.push(pair(text(reader.upToNul()), text(reader.upToNul())));
  return lineOf(words);
}
