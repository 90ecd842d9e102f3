import type { RecordPage, RecordView } from "../../core/api/record.ts";
import { concat, fromBase64 } from "../../core/bytes.ts";

/* Which recorded bytes are whose body: exchanges overlap, and are told apart by their command. */

export type Part = { readonly seq: number; readonly bytes: Uint8Array };

/**
 * The first bytes of a body, by the records that brought them; of a WebSocket the last messages,
 * each whole. Another object when it grows.
 */
export type Body = {
  /** The record that its first byte is in. */
  readonly from: number;
  readonly parts: readonly Part[];
};

/** Of each body, for a first look. */
const lookBytes = 64 * 1024;
/** Of the messages of a WebSocket, unless the last one alone is larger. */
const messagesBytes = 256 * 1024;
/** However short they are: each that comes makes the list anew. */
const messagesMax = 1_000;
/** Of all bodies together: of older ones nothing but their place is kept. */
const keptBytesMax = 16 * 1024 * 1024;
/** Of one body, once somebody asks for more: it is laid out whole. */
const wholeBytesMax = 1024 * 1024;

/** `gone`: its bytes were let go, and what comes after a gap would not be its beginning. */
type Open = Body & { readonly kept: number; readonly gone: boolean };

export class BodyLog {
  readonly #bodies = new Map<number, Open>();
  readonly #sockets = new Set<number>();
  #kept = 0;

  /** By command. */
  get bodies(): ReadonlyMap<number, Body> {
    return this.#bodies;
  }

  /** The record as it is kept: without its bytes, which may be many. */
  take(record: RecordView): RecordView {
    const { seq, command, kind, fact } = record;
    if (kind === "response" && fact["status"] === 101) this.#sockets.add(command);
    if (kind !== "toClient" || typeof fact["bytes"] !== "string") return record;
    const bytes = fromBase64(fact["bytes"]) ?? new Uint8Array();
    const body = this.#bodies.get(command) ?? { from: seq, parts: [], kept: 0, gone: false };
    const grown = this.#sockets.has(command)
      ? withMessage(body, { seq, bytes })
      : withPart(body, { seq, bytes });
    this.#bodies.set(command, grown);
    this.#kept += grown.kept - body.kept;
    this.#letGo();
    return { ...record, fact: { length: bytes.length } };
  }

  /** Lets go of what belongs to records before that one: a body without its beginning goes. */
  forgetBefore(seq: number): void {
    for (const [command, { from, parts }] of this.#bodies) {
      const left = this.#sockets.has(command) ? parts.filter((part) => part.seq >= seq) : [];
      if (from < seq) this.#keep(command, left);
    }
  }

  #letGo(): void {
    for (const command of this.#bodies.keys()) {
      if (this.#kept <= keptBytesMax) return;
      this.#keep(command, []);
    }
  }

  /** That of it, and no other. A message stands for itself, whatever came before it. */
  #keep(command: number, parts: readonly Part[]): void {
    const body = this.#bodies.get(command);
    if (body === undefined || body.gone) return;
    const kept = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
    this.#kept += kept - body.kept;
    this.#bodies.set(command, { ...body, parts, kept, gone: !this.#sockets.has(command) });
  }
}

function withPart(body: Open, { seq, bytes }: Part): Open {
  const wanted = bytes.slice(0, body.gone ? 0 : lookBytes - body.kept);
  if (wanted.length === 0) return body;
  return {
    ...body,
    parts: [...body.parts, { seq, bytes: wanted }],
    kept: body.kept + wanted.length,
  };
}

function withMessage(body: Open, message: Part): Open {
  let kept = body.kept + message.bytes.length;
  let first = Math.max(0, body.parts.length + 1 - messagesMax);
  for (const { bytes } of body.parts.slice(0, first)) kept -= bytes.length;
  for (; kept > messagesBytes && first < body.parts.length; first++) {
    kept -= body.parts[first]?.bytes.length ?? 0;
  }
  return { ...body, parts: [...body.parts.slice(first), message], kept };
}

/** What of it had come with that record. */
export const partsUpTo = ({ parts }: Body, seq = Number.POSITIVE_INFINITY): readonly Part[] =>
  parts.filter((part) => part.seq <= seq);

export const bytesOf = (parts: readonly Part[]): Uint8Array =>
  concat(parts.map(({ bytes }) => bytes));

type ReadPage = (from: number) => Promise<RecordPage>;

/**
 * A body again from its place, page by page, all of it that there is room for: `shows` hears of it
 * as it grows, and says whether to go on.
 */
export async function readBody(
  command: number,
  { from }: Pick<Body, "from">,
  read: ReadPage,
  shows: (parts: readonly Part[]) => boolean,
): Promise<void> {
  const parts: Part[] = [];
  let room = wholeBytesMax;
  for (let next: number | null = from; next !== null && room > 0;) {
    const page: RecordPage = await read(next);
    const own = page.items.filter((record) => record.command === command);
    for (const { seq, kind, fact } of own) {
      if (kind !== "toClient" || typeof fact["bytes"] !== "string") continue;
      const bytes = (fromBase64(fact["bytes"]) ?? new Uint8Array()).slice(0, room);
      room -= bytes.length;
      parts.push({ seq, bytes });
    }
    if (!shows([...parts]) || own.some(({ kind }) => kind === "completed")) return;
    next = page.items.length === 0 ? null : page.next;
  }
}
