import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import type { RecordView } from "../../core/api/record.ts";
import { concat, fromBase64 } from "../../core/bytes.ts";
import {
  type Exchange,
  exchangeOf,
  isSocket,
  openingsIn,
  requestOf,
  statusInWords,
} from "../../core/protocols/http/seen.ts";
import { type Look, lookOf } from "../../core/protocols/http/seen-body.ts";
import { jsonTree, laidOut } from "../../core/protocols/http/seen-json.ts";
import { visible, visibleLines } from "../output/visible.ts";
import { maskedInWords, say, sentence } from "./facts.ts";

/*
 * Requests and their answers. They overlap, so every line says which one it belongs to; a message
 * on a WebSocket says which one opened that.
 */

/** One line of a timeline, or null for the bytes themselves. */
export function exchangeSentence(record: RecordView): string | null {
  const said = saidOf(record);
  return said === null || record.command === 0 ? said : `${numbered(record)} ${said}`;
}

/** "#5"; "#5 in #1" where the record itself tells of the WebSocket. */
function numbered(record: RecordView): string {
  const opening = openingsIn([record]).get(record.command);
  return opening === undefined ? `#${record.command}` : `#${record.command} in #${opening}`;
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

/** `facts`: its records without their bytes. Of a WebSocket, how many messages went each way. */
type Open = {
  facts: RecordView[];
  parts: Uint8Array[];
  kept: number;
  sent: number;
  received: number;
};

const nothing = (): Open => ({ facts: [], parts: [], kept: 0, sent: 0, received: 0 });

/**
 * Exchanges as the person saw them: what was asked, and each answer once it is over. Streams of
 * events and messages are shown as they come.
 */
export class ExchangeScreen {
  readonly #open = new Map<number, Open>();

  show(record: RecordView): string {
    if (record.command === 0) return line(record, sentence(record));
    const open = this.#open.get(record.command) ?? nothing();
    this.#open.set(record.command, open);
    this.#keep(open, record);
    if (record.kind === "command") return asked(record);
    if (record.kind === "decision" && record.fact["verdict"] === "allow") return "";
    if (record.kind === "toClient") return this.#sent(record, open);
    if (record.kind === "response") return line(record, answered(exchangeOf(open.facts)));
    if (record.kind !== "completed") return line(record, exchangeSentence(record));
    const socket = this.#open.get(openingsIn(open.facts).get(record.command) ?? 0);
    return socket === undefined ? this.#over(record, open) : this.#delivered(record, socket);
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

  #delivered({ command }: RecordView, socket: Open): string {
    socket.sent++;
    this.#open.delete(command);
    return "";
  }

  #sent(record: RecordView, open: Open): string {
    const exchange = exchangeOf(open.facts);
    if (isSocket(exchange)) {
      open.received++;
      const bytes = takeParts(open);
      const said = `${looked(null, bytes)}${cutInWords(exchangeOf([record]).bytes - bytes.length)}`;
      return `${clock(record)} #${record.command} <\n${said}`;
    }
    const { response, end } = exchange;
    if (response === null || isStream(exchange)) {
      const text = visibleLines(new TextDecoder().decode(takeParts(open)).trimEnd());
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
    return `${body}${line(record, overInWords(exchange, open))}`;
  }
}

function takeParts(open: Open): Uint8Array {
  const bytes = concat(open.parts);
  open.parts = [];
  open.kept = 0;
  return bytes;
}

const isStream = ({ response }: Exchange): boolean =>
  response?.coding === null && (response.type ?? "").startsWith("text/event-stream");

function asked(record: RecordView): string {
  const { method, target, body, told } = requestOf(say(record.fact, "shown"));
  const json = jsonTree(body);
  const shown = told === null ? (json === null ? body : laidOut(json)) : `(${told})`;
  // What opened the WebSocket has said where it leads.
  const said = openingsIn([record]).size > 0 ? "" : visible(`${method} ${target}`.trim());
  const head = `${`${clock(record)} ${numbered(record)} > ${said}`.trimEnd()}\n`;
  return shown === "" ? head : `${head}${visibleLines(shown)}\n`;
}

const answered = ({ command, response }: Exchange): string =>
  `#${command} < ${response?.status} ${response?.type ?? ""}`.trim();

function overInWords(exchange: Exchange, { sent, received }: Open): string {
  const { command, bytes, maskedValues, wholeMs } = exchange;
  const masked = maskedInWords(maskedValues);
  // Messages of older recordings do not say whose they are.
  const counts = [sent > 0 && `${sent} sent`, `${received} received`].filter(Boolean);
  const said = isSocket(exchange) ? `, messages: ${counts.join(", ")}` : "";
  const end = `${statusInWords(exchange)}${said}`;
  return `#${command} over: ${end}, ${bytes} bytes${masked}, ${wholeMs} ms`;
}

/** Of what is kept of a body and was not printed yet, with its line's end. */
function bodyText({ facts, parts, kept }: Open): string {
  const { response, bytes } = exchangeOf(facts);
  const all = concat(parts);
  if (all.length === 0) return "";
  const plain = decoded(response?.coding ?? null, all);
  if (plain === null) return `(${bytes} bytes in ${visible(response?.coding ?? "")})\n`;
  return `${looked(response?.type ?? null, plain)}${cutInWords(bytes - kept)}`;
}

function looked(type: string | null, bytes: Uint8Array): string {
  const text = lookText(lookOf(type, bytes), bytes);
  return text === "" ? "" : `${text}\n`;
}

const cutInWords = (bytes: number): string =>
  bytes > 0 ? `(${bytes} bytes more: sluice sessions export has all)\n` : "";

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
