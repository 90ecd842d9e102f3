import type { RecordPage, RecordView } from "../../core/api/record.ts";
import { concat, fromBase64 } from "../../core/bytes.ts";

/* Which recorded bytes are whose body: exchanges overlap, and are told apart by their command. */

type Part = { readonly seq: number; readonly bytes: Uint8Array };

/** The first bytes of a body, by the records that brought them; another object when it grows. */
export type Body = {
  /** The record that its first byte is in. */
  readonly from: number;
  readonly parts: readonly Part[];
};

/** Of each body, for a first look. */
const lookBytes = 64 * 1024;
/** Of all bodies together: of older ones nothing but their place is kept. */
const keptBytesMax = 16 * 1024 * 1024;
/** Of one body, once somebody asks for more: it is laid out whole. */
const wholeBytesMax = 1024 * 1024;

/** `gone`: its bytes were let go, and what comes after a gap would not be its beginning. */
type Open = Body & { readonly kept: number; readonly gone: boolean };

export class BodyLog {
  readonly #bodies = new Map<number, Open>();
  #kept = 0;

  /** By command. */
  get bodies(): ReadonlyMap<number, Body> {
    return this.#bodies;
  }

  /** The record as it is kept: without its bytes, which may be many. */
  take(record: RecordView): RecordView {
    const { seq, command, kind, fact } = record;
    if (kind !== "toClient" || typeof fact["bytes"] !== "string") return record;
    const bytes = fromBase64(fact["bytes"]) ?? new Uint8Array();
    const body = this.#bodies.get(command) ?? { from: seq, parts: [], kept: 0, gone: false };
    const wanted = bytes.slice(0, body.gone ? 0 : lookBytes - body.kept);
    const parts = wanted.length > 0 ? [...body.parts, { seq, bytes: wanted }] : body.parts;
    this.#bodies.set(command, { ...body, parts, kept: body.kept + wanted.length });
    this.#kept += wanted.length;
    this.#letGo();
    return { ...record, fact: { length: bytes.length } };
  }

  /** Lets go of what belongs to records before that one. */
  forgetBefore(seq: number): void {
    for (const [command, { from }] of this.#bodies) if (from < seq) this.#empty(command);
  }

  #letGo(): void {
    for (const command of this.#bodies.keys()) {
      if (this.#kept <= keptBytesMax) return;
      this.#empty(command);
    }
  }

  #empty(command: number): void {
    const body = this.#bodies.get(command);
    if (body === undefined || body.gone) return;
    this.#kept -= body.kept;
    this.#bodies.set(command, { ...body, parts: [], kept: 0, gone: true });
  }
}

/** What of it had come with that record. */
export const bytesUpTo = ({ parts }: Body, seq = Number.POSITIVE_INFINITY): Uint8Array =>
  concat(parts.filter((part) => part.seq <= seq).map(({ bytes }) => bytes));

type ReadPage = (from: number) => Promise<RecordPage>;

/**
 * A body again from its place, page by page, all of it that there is room for: `shows` hears of it
 * as it grows, and says whether to go on.
 */
export async function readBody(
  command: number,
  { from }: Pick<Body, "from">,
  read: ReadPage,
  shows: (bytes: Uint8Array) => boolean,
): Promise<void> {
  const parts: Uint8Array[] = [];
  let room = wholeBytesMax;
  for (let next: number | null = from; next !== null && room > 0;) {
    const page: RecordPage = await read(next);
    const own = page.items.filter((record) => record.command === command);
    for (const { kind, fact } of own) {
      if (kind !== "toClient" || typeof fact["bytes"] !== "string") continue;
      const bytes = (fromBase64(fact["bytes"]) ?? new Uint8Array()).slice(0, room);
      room -= bytes.length;
      parts.push(bytes);
    }
    if (!shows(concat(parts)) || own.some(({ kind }) => kind === "completed")) return;
    next = page.items.length === 0 ? null : page.next;
  }
}
