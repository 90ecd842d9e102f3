import { strictText, text as decode } from "../../bytes.ts";
import { seenLinesMax } from "../../limits.ts";
import { type Json, jsonTree } from "./seen-json.ts";

/*
 * A body as people look at it: by what it says that it is, and where it is not that, as what it
 * is. Nothing of it is ever taken for a document of its own, HTML least of all.
 */

/** Of a stream (HTML standard, "Server-sent events"); `name` and `id` are empty where none is. */
export type SeenEvent = { readonly name: string; readonly id: string; readonly data: string };

export type Look =
  | { readonly is: "json"; readonly json: Json }
  /** JSON, a value a line; one that is none stays a text. */
  | { readonly is: "lines"; readonly lines: readonly (Json | string)[]; readonly of: number }
  | { readonly is: "events"; readonly events: readonly SeenEvent[]; readonly of: number }
  | {
      readonly is: "table";
      readonly columns: readonly string[];
      readonly rows: readonly (readonly string[])[];
    }
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "bytes" };

/** `type`: the content type. `bytes`: without a content coding; they may end anywhere. */
export function lookOf(type: string | null, bytes: Uint8Array): Look {
  const name = (type ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const text = textOf(name, type ?? "", bytes);
  if (text === null) return { is: "bytes" };
  if (name === "text/event-stream") return eventsIn(text);
  if (/^application\/(?:x-ndjson|ndjson|jsonl|x-jsonlines)$/.test(name)) {
    return linesIn(text);
  }
  const json = /[+/]json$/.test(name) || name === "" ? jsonTree(text) : null;
  if (json !== null && (name !== "" || json.is === "group")) return { is: "json", json };
  const table = name === "text/csv" ? tableIn(text) : null;
  return table ?? { is: "text", text };
}

const TEXTS = new Set(
  "x-ndjson ndjson jsonl x-jsonlines javascript x-www-form-urlencoded graphql sql x-yaml"
    .split(" ")
    .map((name) => `application/${name}`),
);
const TEXT = /^(?:text|message|multipart)\/|^image\/svg\+xml$|[+/](?:json|xml|yaml|toml)$/;

/** Null: bytes. What says nothing of itself is a text where it can be one. */
function textOf(name: string, type: string, bytes: Uint8Array): string | null {
  if (TEXT.test(name) || TEXTS.has(name)) return decoded(type, bytes);
  return name === "" && !bytes.includes(0) ? strictText(bytes) : null;
}

/** By the charset that the type names; a character that is cut at the end is left out. */
function decoded(type: string, bytes: Uint8Array): string {
  const [, charset = "utf-8"] = /;\s*charset\s*=\s*"?([\w.:-]{1,40})/i.exec(type) ?? [];
  try {
    return new TextDecoder(charset).decode(bytes, { stream: true });
  } catch {
    return decode(bytes);
  }
}

function linesIn(text: string): Look {
  const all = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const lines = all.slice(0, seenLinesMax).map((line) => jsonTree(line) ?? line);
  return { is: "lines", lines, of: all.length };
}

function eventsIn(text: string): Look {
  const blocks = text
    .replace(/^\ufeff/, "")
    .replace(/\r\n?/g, "\n")
    .split("\n\n")
    .filter((block) => block.trim() !== "");
  return { is: "events", events: blocks.slice(0, seenLinesMax).map(eventIn), of: blocks.length };
}

/** A comment alone has nothing in it: it keeps a line open. */
function eventIn(block: string): SeenEvent {
  const said = { name: "", id: "", data: [] as string[] };
  for (const line of block.split("\n")) {
    const [, field = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === "event") said.name = value;
    else if (field === "id") said.id = value;
    else if (field === "data") said.data.push(value);
  }
  return { name: said.name, id: said.id, data: said.data.join("\n") };
}

const CELL = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;

/** RFC 4180, the first line as titles. Null: its lines are not of one length, so it is a text. */
function tableIn(text: string): Look | null {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at < text.length && rows.length <= seenLinesMax;) {
    CELL.lastIndex = at;
    const [all = "", quoted, plain = "", end] = CELL.exec(text) ?? [];
    if (all === "") return null;
    row.push(quoted?.replaceAll('""', '"') ?? plain);
    at += all.length;
    if (end === "," && at < text.length) continue;
    rows.push(row);
    row = [];
  }
  const [columns = [], ...others] = rows;
  // The last line may be cut.
  const cut = text.endsWith("\n") ? others : others.slice(0, -1);
  const full = (others.at(-1)?.length ?? 0) === columns.length ? others : cut;
  const fits = columns.length > 1 && full.every(({ length }) => length === columns.length);
  return fits ? { is: "table", columns, rows: full } : null;
}

const lineBytes = 16;

/** As `hexdump -C` prints them: the place, the bytes, and what of them is a letter. */
export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += lineBytes) {
    const part = [...bytes.subarray(at, at + lineBytes)];
    const hex = part.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const letters = part.map((byte) => (byte > 0x20 && byte < 0x7f ? byte : 0x2e));
    const place = at.toString(16).padStart(6, "0");
    lines.push(`${place}  ${hex.padEnd(lineBytes * 3)} ${String.fromCharCode(...letters)}`);
  }
  return lines.join("\n");
}
