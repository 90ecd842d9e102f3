import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import type { RecordView } from "../../core/api/record.ts";
import { concat, fromBase64 } from "../../core/bytes.ts";
import {
  type Exchange,
  exchangeOf,
  requestOf,
  statusInWords,
} from "../../core/protocols/http/seen.ts";
import { type Look, lookOf } from "../../core/protocols/http/seen-body.ts";
import { jsonTree, laidOut } from "../../core/protocols/http/seen-json.ts";
import { visible, visibleLines } from "../output/visible.ts";
import { say, sentence } from "./facts.ts";

/* Requests and their answers. They overlap, so every line says which one it belongs to. */

/** One line of a timeline, or null for the bytes themselves. */
export function exchangeSentence(record: RecordView): string | null {
  const said = saidOf(record);
  return said === null || record.command === 0 ? said : `#${record.command} ${said}`;
}

function saidOf(record: RecordView): string | null {
  const { kind, fact } = record;
  if (kind === "command") return oneLine(say(fact, "shown"));
  if (kind !== "response") return sentence(record);
  const { response } = exchangeOf([record]);
  const headers = (response?.headers ?? []).map(([name, value]) => `${name}: ${value}`);
  return `answer ${response?.status}: ${headers.join(", ") || "no header"}`;
}

const oneLine = (shown: string): string => shown.replace(/\s*\n\s*/g, " ");

/** Of one body: nobody reads more on a terminal. */
const bodyBytesMax = 256 * 1024;

/** `facts`: its records without their bytes. */
type Open = { facts: RecordView[]; parts: Uint8Array[]; kept: number };

/**
 * Exchanges as the person saw them: what was asked, and each answer once it is over. Of a stream
 * of events everything is shown as it comes.
 */
export class ExchangeScreen {
  readonly #open = new Map<number, Open>();

  show(record: RecordView): string {
    if (record.command === 0) return line(record, sentence(record));
    const open = this.#open.get(record.command) ?? { facts: [], parts: [], kept: 0 };
    this.#open.set(record.command, open);
    this.#keep(open, record);
    if (record.kind === "command") return asked(record);
    if (record.kind === "decision" && record.fact["verdict"] === "allow") return "";
    if (record.kind === "toClient") return this.#sent(record, open);
    if (record.kind === "response") return line(record, answered(exchangeOf(open.facts)));
    const over = record.kind === "completed" ? this.#over(record, open) : "";
    return record.kind === "completed" ? over : line(record, exchangeSentence(record));
  }

  /** What is under way when the recording ends, or is read no further. */
  rest(): string {
    return [...this.#open.values()].map((open) => bodyText(open)).join("");
  }

  #keep(open: Open, record: RecordView): void {
    const { kind, fact } = record;
    if (kind !== "toClient" || typeof fact["bytes"] !== "string") {
      open.facts.push(record);
      return;
    }
    const bytes = fromBase64(fact["bytes"]) ?? new Uint8Array();
    const last = open.facts.at(-1);
    const before = last?.kind === "toClient" ? Number(last.fact["length"]) : 0;
    if (last?.kind === "toClient") open.facts.pop();
    open.facts.push({ ...record, fact: { length: before + bytes.length } });
    const kept = bytes.slice(0, bodyBytesMax - open.kept);
    open.kept += kept.length;
    open.parts.push(kept);
  }

  #sent(record: RecordView, open: Open): string {
    const exchange = exchangeOf(open.facts);
    const { response, end } = exchange;
    if (response === null || isStream(exchange)) {
      const text = visibleLines(new TextDecoder().decode(concat(open.parts)).trimEnd());
      open.parts = [];
      open.kept = 0;
      return text === "" ? "" : `${line(record, `#${record.command}`)}${text}\n`;
    }
    // What the gateway says itself comes whole, and has no record of its end.
    return end === "under way" ? "" : this.#over(record, open);
  }

  #over(record: RecordView, open: Open): string {
    const exchange = exchangeOf(open.facts);
    const body = bodyText(open);
    open.parts = [];
    if (record.kind !== "completed") return body;
    this.#open.delete(record.command);
    return `${body}${line(record, overInWords(exchange))}`;
  }
}

const isStream = ({ response }: Exchange): boolean =>
  response?.coding === null && (response.type ?? "").startsWith("text/event-stream");

function asked(record: RecordView): string {
  const { method, target, body, told } = requestOf(say(record.fact, "shown"));
  const json = jsonTree(body);
  const shown = told === null ? (json === null ? body : laidOut(json)) : `(${told})`;
  const head = `${clock(record)} #${record.command} > ${visible(`${method} ${target}`.trim())}\n`;
  return shown === "" ? head : `${head}${visibleLines(shown)}\n`;
}

const answered = ({ command, response }: Exchange): string =>
  `#${command} < ${response?.status} ${response?.type ?? ""}`.trim();

function overInWords(exchange: Exchange): string {
  const { command, bytes, maskedValues, wholeMs } = exchange;
  const masked = maskedValues === 0 ? "" : `, ${maskedValues} values masked`;
  return `#${command} over: ${statusInWords(exchange)}, ${bytes} bytes${masked}, ${wholeMs} ms`;
}

/** Of what is kept of a body and was not printed yet, with its line's end. */
function bodyText({ facts, parts, kept }: Open): string {
  const { response, bytes } = exchangeOf(facts);
  const all = concat(parts);
  if (all.length === 0) return "";
  const plain = decoded(response?.coding ?? null, all);
  if (plain === null) return `(${bytes} bytes in ${visible(response?.coding ?? "")})\n`;
  const text = lookText(lookOf(response?.type ?? null, plain), plain);
  const cut = kept < bytes ? `(${bytes - kept} bytes more: sluice sessions export has all)\n` : "";
  return `${text}\n${cut}`;
}

function lookText(look: Look, bytes: Uint8Array): string {
  if (look.is === "bytes") return `(${bytes.length} bytes that are no text)`;
  const text = look.is === "json" ? laidOut(look.json) : new TextDecoder().decode(bytes);
  return visibleLines(look.is === "text" ? look.text.trimEnd() : text.trimEnd());
}

const DECODERS: Readonly<Record<string, typeof gunzipSync>> = {
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

/** Null: it cannot be unpacked, or not within what is shown. */
function decoded(coding: string | null, bytes: Uint8Array): Uint8Array | null {
  if (coding === null) return bytes;
  try {
    return DECODERS[coding]?.(bytes, { maxOutputLength: bodyBytesMax }) ?? null;
  } catch {
    return null;
  }
}

const line = (record: RecordView, said: string | null): string =>
  said === null ? "" : `${clock(record)} ${visible(said)}\n`;

const clock = ({ at }: RecordView): string => at.slice(11, 23);
