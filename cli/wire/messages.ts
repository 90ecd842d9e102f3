import { concat, i32, text, u16 } from "../../core/bytes.ts";

/*
 * What a PostgreSQL server says, for showing it (manual, "Message Formats"): the CLI decides
 * nothing by it. Sizes that lie give cut cells, never an exception.
 */

export type ServerMessage = { readonly type: string; readonly body: Uint8Array };

/** A server that is in the middle of a larger message than this is not answering. */
const messageBytesMax = 2 ** 30;

/**
 * Bytes in, whole messages out; a message that is still coming is kept in parts, and joined once.
 */
export class MessageReader {
  #parts: Uint8Array[] = [];
  #length = 0;
  #wanted = 5;

  *push(bytes: Uint8Array): Generator<ServerMessage> {
    this.#parts.push(bytes);
    this.#length += bytes.length;
    if (this.#length < this.#wanted) return;
    const all = concat(this.#parts);
    let at = 0;
    this.#wanted = 5;
    while (at + 5 <= all.length) {
      const length = Math.min(Math.max(i32(all, at + 1), 4), messageBytesMax);
      const end = at + 1 + length;
      if (end > all.length) {
        this.#wanted = end - at;
        break;
      }
      yield { type: String.fromCharCode(all[at] as number), body: all.subarray(at + 5, end) };
      at = end;
    }
    this.#parts = [all.subarray(at)];
    this.#length = all.length - at;
  }
}

/** 0: text; 1: binary. */
export type Column = { readonly name: string; readonly format: number };

const FIELD_BYTES = 18;

/** RowDescription. */
export function columnsOf(body: Uint8Array): readonly Column[] {
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

/** DataRow: text of each cell, `\x…` for binary ones, null for NULL. */
export function cellsOf(body: Uint8Array, columns: readonly Column[]): readonly (string | null)[] {
  const cells: (string | null)[] = [];
  for (let at = 2; at + 4 <= body.length;) {
    const length = i32(body, at);
    at += 4;
    if (length < 0) {
      cells.push(null);
      continue;
    }
    const value = body.subarray(at, at + length);
    const binary = columns[cells.length]?.format === 1;
    cells.push(binary ? `\\x${Buffer.from(value).toString("hex")}` : text(value));
    at += length;
  }
  return cells;
}

/**
 * ErrorResponse and NoticeResponse: fields by their letter (manual, "Error and Notice Message
 * Fields").
 */
export function fieldsOf(body: Uint8Array): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (let at = 0; at < body.length && body[at] !== 0;) {
    const end = body.indexOf(0, at);
    if (end < 0) break;
    fields.set(String.fromCharCode(body[at] as number), text(body.subarray(at + 1, end)));
    at = end + 1;
  }
  return fields;
}

/** An error or notice as psql prints it, with its SQLSTATE. */
export function sentenceOf(body: Uint8Array): string {
  const fields = fieldsOf(body);
  const lines = [`${fields.get("S") ?? "ERROR"}:  ${fields.get("M") ?? ""} (${fields.get("C")})`];
  for (const [letter, title] of [
    ["D", "DETAIL"],
    ["H", "HINT"],
  ] as const) {
    const said = fields.get(letter);
    if (said !== undefined) lines.push(`${title}:  ${said}`);
  }
  return lines.join("\n");
}

/** CommandComplete's tag. */
export const tagOf = (body: Uint8Array): string => text(body.subarray(0, body.length - 1));
