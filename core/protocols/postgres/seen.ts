import { concat, EMPTY, hex, i32, strictText, text, u16 } from "../../bytes.ts";

/*
 * What a PostgreSQL server said, for showing it to people (manual, "Message Formats"): the bytes of
 * a recording, or of a live answer. Nothing is decided by it. Sizes that lie give cut cells, never
 * an exception.
 */

export type ServerMessage = { readonly type: string; readonly body: Uint8Array };

const HEADER_BYTES = 5;

/** A server that is in the middle of a larger message than this is not answering. */
const messageBytesMax = 2 ** 30;

type Open = { readonly type: string; left: number; kept: number; readonly parts: Uint8Array[] };

/**
 * Bytes in, whole messages out, however they are cut. Of a body that is longer than `bodyBytesMax`
 * only its beginning is kept.
 */
export class MessageReader {
  readonly #bodyBytesMax: number;
  #header: Uint8Array = EMPTY;
  #open: Open | null = null;
  #at = 0;

  constructor(bodyBytesMax = messageBytesMax) {
    this.#bodyBytesMax = bodyBytesMax;
  }

  /** How many bytes of the last `push` lie before the end of the message that came last. */
  get at(): number {
    return this.#at;
  }

  *push(bytes: Uint8Array): Generator<ServerMessage> {
    let rest = bytes;
    for (;;) {
      if (this.#open === null) {
        const missing = HEADER_BYTES - this.#header.length;
        const next = rest.subarray(0, missing);
        const header = this.#header.length === 0 ? next : concat([this.#header, next]);
        this.#header = header;
        if (header.length < HEADER_BYTES) return;
        rest = rest.subarray(missing);
        const left = Math.min(Math.max(i32(header, 1), 4), messageBytesMax) - 4;
        this.#open = { type: String.fromCharCode(header[0] as number), left, kept: 0, parts: [] };
        this.#header = EMPTY;
      }
      const taken = rest.subarray(0, this.#open.left);
      rest = rest.subarray(taken.length);
      this.#keep(this.#open, taken);
      if (this.#open.left > 0) return;
      const { type, parts } = this.#open;
      this.#open = null;
      this.#at = bytes.length - rest.length;
      yield { type, body: parts.length === 0 ? EMPTY : concat(parts) };
    }
  }

  #keep(open: Open, taken: Uint8Array): void {
    const wanted = taken.subarray(0, Math.max(0, this.#bodyBytesMax - open.kept));
    if (wanted.length > 0) open.parts.push(wanted);
    open.kept += wanted.length;
    open.left -= taken.length;
  }
}

/** 0: text; 1: binary. A description that came before its Bind says text, whatever Bind says. */
export type Column = { readonly name: string; readonly format: number };

/** NULL, or what was sent: its text, or its bytes as `\x…` where they are no text. */
export type Cell = { readonly text: string; readonly binary: boolean } | null;

export type Said =
  /** RowDescription. */
  | { readonly is: "columns"; readonly columns: readonly Column[] }
  /** One DataRow; `cellsOf` reads it. */
  | { readonly is: "row"; readonly body: Uint8Array }
  | { readonly is: "copyOut"; readonly binary: boolean }
  | { readonly is: "copied"; readonly bytes: Uint8Array }
  /** One statement's answer is over: its tag, "" of an empty statement. */
  | { readonly is: "done"; readonly tag: string }
  /** `fatal`: the session ends with it. */
  | {
      readonly is: "error";
      readonly text: string;
      readonly sqlstate: string;
      readonly fatal: boolean;
    }
  | { readonly is: "notice"; readonly text: string }
  | { readonly is: "copyIn" }
  /** ReadyForQuery. */
  | { readonly is: "ready" };

/** A portal that was read in part: the end of what one Execute asked for. */
export const SUSPENDED = "PortalSuspended";

/** Null: what is of no interest to who watches. */
export function said({ type, body }: ServerMessage): Said | null {
  switch (type) {
    case "T":
      return { is: "columns", columns: columnsOf(body) };
    case "D":
      return { is: "row", body };
    case "H":
      return { is: "copyOut", binary: body[0] === 1 };
    case "d":
      return { is: "copied", bytes: body };
    case "C":
      return { is: "done", tag: text(body.subarray(0, body.length - 1)) };
    case "I":
      return { is: "done", tag: "" };
    case "s":
      return { is: "done", tag: SUSPENDED };
    case "E":
    case "N":
      return words(type === "E" ? "error" : "notice", body);
    case "G":
      return { is: "copyIn" };
    case "Z":
      return { is: "ready" };
    default:
      return null;
  }
}

const FIELD_BYTES = 18;

function columnsOf(body: Uint8Array): readonly Column[] {
  const columns: Column[] = [];
  for (let at = 2; at < body.length;) {
    const end = body.indexOf(0, at);
    if (end < 0 || end + 1 + FIELD_BYTES > body.length) break;
    const next = end + 1 + FIELD_BYTES;
    columns.push({ name: text(body.subarray(at, end)), format: u16(body, next - 2) });
    at = next;
  }
  return columns;
}

/** A DataRow's cells. */
export function cellsOf(body: Uint8Array, columns: readonly Column[]): readonly Cell[] {
  const cells: Cell[] = [];
  for (let at = 2; at + 4 <= body.length;) {
    const length = i32(body, at);
    at += 4;
    if (length < 0) {
      cells.push(null);
      continue;
    }
    cells.push(cellOf(body.subarray(at, at + length), columns[cells.length]?.format === 1));
    at += length;
  }
  return cells;
}

/** PostgreSQL's text holds no NUL: bytes with one, or that are not UTF-8, are binary. */
function cellOf(value: Uint8Array, binary: boolean): Cell {
  const shown = binary || value.includes(0) ? null : strictText(value);
  return shown === null
    ? { text: `\\x${hex(value)}`, binary: true }
    : { text: shown, binary: false };
}

const FATAL = new Set(["FATAL", "PANIC"]);

/** An error or notice as psql prints it (manual, "Error and Notice Message Fields"). */
function words(is: "error" | "notice", body: Uint8Array): Said {
  const fields = fieldsOf(body);
  const sqlstate = fields.get("C") ?? "";
  const lines = [`${fields.get("S") ?? "ERROR"}:  ${fields.get("M") ?? ""} (${sqlstate})`];
  for (const [letter, title] of [
    ["D", "DETAIL"],
    ["H", "HINT"],
  ] as const) {
    const more = fields.get(letter);
    if (more !== undefined) lines.push(`${title}:  ${more}`);
  }
  const said = lines.join("\n");
  if (is === "notice") return { is, text: said };
  return { is, text: said, sqlstate, fatal: FATAL.has(fields.get("V") ?? fields.get("S") ?? "") };
}

function fieldsOf(body: Uint8Array): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (let at = 0; at < body.length && body[at] !== 0;) {
    const end = body.indexOf(0, at);
    if (end < 0) break;
    fields.set(String.fromCharCode(body[at] as number), text(body.subarray(at + 1, end)));
    at = end + 1;
  }
  return fields;
}
