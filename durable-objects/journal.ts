import { concat } from "../core/bytes.ts";
import type { Event, Fact } from "../core/fact.ts";
import { chunkBytesMax, journalBytesMax, journalRowBytesMax } from "../core/limits.ts";
import { chainSeed } from "../core/recording/chain.ts";
import { type Findable, NOTHING } from "../core/recording/findable.ts";
import type { Deflated } from "../core/recording/gzip.ts";
import { encodeEvents, kindOf, type Seal, splitRecords } from "../core/recording/record.ts";
import { linkHash, nodeCrypto } from "./crypto.ts";
import { deflated, inflated } from "./deflating.ts";

/** Whole records, with the chain's value after the last of them. */
export type Stretch = {
  readonly first: number;
  readonly last: number;
  readonly h: Uint8Array;
  /** Those of them that tell anything but the bytes of long answers. */
  readonly runs: readonly Run[];
  /** All of them. */
  readonly parts: readonly Deflated[];
  /** What they take of the journal. */
  readonly kept: number;
};

/** Records one after the other; the first of them is number `first`. */
export type Run = { readonly first: number; readonly records: Uint8Array };

/** `last`: of the records of the whole turn. `begun`: how many of them begin in this row. */
type Row = {
  id: number;
  last: number;
  begun: number;
  h: ArrayBuffer;
  /** Of the records, and of what is kept of them; `crc` null: that is the very same. */
  length: number;
  kept: number;
  crc: number | null;
};
const ROW = "id, last, begun, h, length, length(body) kept, crc";
type Body = { body: ArrayBuffer };

/** What goes into one row. */
type Piece = { readonly begun: number; readonly bytes: Uint8Array; readonly deflates: boolean };

/** Rows of one append stand together: its turn's number times this, and which of them it is. */
const rowsMax = 2 ** 20;
const idOf = (turn: number, row = 0): number => turn * rowsMax + row;
const turnOf = ({ id }: Pick<Row, "id">): number => Math.floor(id / rowsMax);

/**
 * A session's records that are not in the store yet, in the object's own SQLite. Bytes of a long
 * answer are deflated at once, in a row of their own: less is written, and nothing has to be read
 * again for its compression. The output gate holds whatever is sent in the turn of an append until
 * that is durable, so no `sync()` is needed.
 */
export class Journal {
  readonly #sql: SqlStorage;
  #seal: Seal | null = null;
  #h: Uint8Array;
  #last: number;
  #turn: number;
  #bytes: number;
  #kept: number;
  #waiting: (() => void)[] = [];

  /** `header` seeds the chain. Takes up what an earlier life of the object has left. */
  constructor(sql: SqlStorage, header: string) {
    this.#sql = sql;
    // A table without rowid would read whole bodies to find its way.
    sql.exec(`create table if not exists journal (id integer primary key, last integer,
      begun integer, h blob, length integer, crc integer, body blob)`);
    sql.exec(`create table if not exists shipped (one integer primary key, last integer, h blob)`);
    sql.exec(`create table if not exists findable (one integer primary key, json text)`);
    const shipped = this.#one<{ last: number; h: ArrayBuffer }>("select last, h from shipped");
    const newest = this.#one<Row>(`select ${ROW} from journal order by id desc limit 1`);
    const { last, h } = newest ?? shipped ?? { last: 0, h: null };
    this.#last = last;
    this.#h = h === null ? nodeCrypto.sha256(chainSeed(header)) : new Uint8Array(h);
    this.#turn = newest === null ? 0 : turnOf(newest);
    const sums = this.#one<{ length: number; kept: number }>(
      "select coalesce(sum(length), 0) length, coalesce(sum(length(body)), 0) kept from journal",
    );
    this.#bytes = sums?.length ?? 0;
    this.#kept = sums?.kept ?? 0;
  }

  /** Opens the journal for secrets: what seals them never lies beside them. */
  sealWith(seal: Seal): void {
    this.#seal = seal;
  }

  /** Records so far; they count from 1. */
  get last(): number {
    return this.#last;
  }

  /** Bytes of the records that wait to be shipped. */
  get bytes(): number {
    return this.#bytes;
  }

  /** All of them, or it throws and nothing has changed. */
  append(events: readonly Event[]): void {
    if (events.length === 0) return;
    const records = splitRecords(encodeEvents(events, this.#sealed)) ?? [];
    let { h, last, turn } = { h: this.#h, last: this.#last, turn: this.#turn };
    let [bytes, kept] = [0, 0];
    try {
      for (const part of chunksOf(records)) {
        for (const record of part) h = linkHash(h, record);
        last += part.length;
        turn++;
        for (const [row, piece] of piecesOf(part).entries()) {
          bytes += piece.bytes.length;
          kept += this.#insert({ id: idOf(turn, row), last, h }, piece);
        }
      }
    } catch (error) {
      // Nobody takes back what a turn wrote before it failed.
      this.#sql.exec("delete from journal where id >= ?", idOf(this.#turn + 1));
      throw error;
    }
    this.#turn = turn;
    this.#last = last;
    this.#h = h;
    this.#bytes += bytes;
    this.#kept += kept;
  }

  /** How many bytes it takes. */
  #insert(row: { id: number; last: number; h: Uint8Array }, piece: Piece): number {
    const { id, last, h } = row;
    const { begun, bytes, deflates } = piece;
    const same = { bytes, length: bytes.length, crc: null };
    const { bytes: body, length, crc } = deflates ? deflated(bytes) : same;
    const values = [id, last, begun, h, length, crc, body];
    this.#sql.exec("insert into journal values (?, ?, ?, ?, ?, ?, ?)", ...values);
    return body.length;
  }

  readonly #sealed: Seal = (plain) => {
    if (this.#seal === null) throw new Error("the journal has no key for secrets");
    return this.#seal(plain);
  };

  /** Resolves while there is room for more. */
  room(): Promise<void> | null {
    if (this.#kept < journalBytesMax) return null;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The oldest records, about a chunk of them; a turn is never divided. Null: none wait. */
  oldest(): Stretch | null {
    const rows = this.#rows(0, chunkBytesMax);
    const end = rows.at(-1);
    if (end === undefined) return null;
    const bodies = this.#bodies(rows);
    const first = firstOf(rows);
    const [runs, parts]: [Run[], Deflated[]] = [[], []];
    let next = first;
    for (const [from, to] of alike(rows)) {
      const { length, crc } = rows[from] as Row;
      const records = concat(bodies.slice(from, to));
      if (crc === null) runs.push({ first: next, records });
      parts.push(crc === null ? deflated(records) : { bytes: records, length, crc });
      next += sumOf(rows.slice(from, to), "begun");
    }
    const kept = sumOf(rows, "kept");
    return { first, last: end.last, h: new Uint8Array(end.h), kept, runs, parts };
  }

  /** What all that was shipped can be found by. */
  findable(): Findable {
    const kept = this.#one<{ json: string }>("select json from findable");
    return kept === null ? NOTHING : (JSON.parse(kept.json) as Findable);
  }

  /** Those records lie in the store now; null: they can be found by nothing new. */
  shipped(stretch: Stretch, findable: Findable | null): void {
    if (findable !== null) {
      const json = JSON.stringify(findable);
      this.#sql.exec("insert or replace into findable values (1, ?)", json);
    }
    this.#sql.exec("delete from journal where last <= ?", stretch.last);
    this.#sql.exec("insert or replace into shipped values (1, ?, ?)", stretch.last, stretch.h);
    this.#bytes -= sumOf(stretch.parts, "length");
    this.#kept -= stretch.kept;
    this.release();
  }

  /** All is in the store: of what was said nothing is kept here. */
  forget(): void {
    this.#sql.exec("delete from findable");
  }

  /** Lets everybody go on who waits for room. */
  release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Records that are not shipped yet, from `from` on, about `bytesMax` of them. */
  since(from: number, bytesMax: number): { first: number; records: Uint8Array[] } {
    const rows = this.#rows(from, bytesMax);
    if (rows.length === 0) return { first: from, records: [] };
    const plain = this.#bodies(rows).map((body, at) =>
      rows[at]?.crc === null ? body : inflated(body),
    );
    const first = Math.max(from, firstOf(rows));
    const records = splitRecords(concat(plain)) ?? [];
    return { first, records: records.slice(first - firstOf(rows)) };
  }

  /** Of whole turns that have so many bytes, or of one; the first of them has record `from`. */
  #rows(from: number, bytesMax: number): readonly Row[] {
    const query = `select ${ROW} from journal where last >= ? order by id limit ${rowsAtOnce}`;
    const rows = this.#sql.exec<Row>(query, from).toArray();
    const turns = turnsOf(rows);
    // The last of so many may go on.
    if (rows.length === rowsAtOnce && turns.length > 1) turns.pop();
    const taken: Row[] = [];
    let bytes = 0;
    for (const turn of turns) {
      bytes += sumOf(turn, "length");
      if (bytes > bytesMax && taken.length > 0) break;
      taken.push(...turn);
    }
    return taken;
  }

  #bodies(rows: readonly Row[]): readonly Uint8Array[] {
    const query = "select body from journal where id between ? and ? order by id";
    const bounds = [rows[0]?.id ?? 0, rows.at(-1)?.id ?? 0];
    const bodies = this.#sql.exec<Body>(query, ...bounds).toArray();
    return bodies.map(({ body }) => new Uint8Array(body));
  }

  #one<T extends Record<string, SqlStorageValue>>(query: string): T | null {
    return this.#sql.exec<T>(query).toArray()[0] ?? null;
  }
}

/** Only turns that are larger than any have more rows than these. */
const rowsAtOnce = 4096;

const firstOf = (rows: readonly Row[]): number =>
  (rows.at(-1)?.last ?? 0) + 1 - sumOf(rows, "begun");

function turnsOf(rows: readonly Row[]): Row[][] {
  const turns: Row[][] = [];
  for (const row of rows) {
    const last = turns.at(-1);
    if (last?.[0] !== undefined && turnOf(last[0]) === turnOf(row)) last.push(row);
    else turns.push([row]);
  }
  return turns;
}

/** From where to where rows are small ones, or one that is deflated. */
function alike(rows: readonly Row[]): readonly (readonly [from: number, to: number])[] {
  const bounds = rows.flatMap(({ crc }, at) =>
    at === 0 || crc !== null || rows[at - 1]?.crc !== null ? [at] : [],
  );
  return bounds.map((from, index) => [from, bounds[index + 1] ?? rows.length] as const);
}

const sumOf = <K extends string>(of: readonly Readonly<Record<K, number>>[], key: K): number =>
  of.reduce((sum, one) => sum + one[key], 0);

/** Shorter records stay as they are: together they get smaller than each by itself. */
const deflatedBytesMin = 16 * 1024;
const ANSWERS: ReadonlySet<Fact["kind"] | null> = new Set<Fact["kind"]>(["toClient", "toUpstream"]);

/**
 * What is more than a chunk holds counts as several turns, which are written at once: a reader
 * takes no chunk for one that is larger than `chunkPlainBytesMax`.
 */
function chunksOf(records: readonly Uint8Array[]): readonly (readonly Uint8Array[])[] {
  const chunks: Uint8Array[][] = [];
  let bytes = 0;
  for (const record of records) {
    if (bytes === 0 || bytes + record.length > chunkBytesMax) {
      chunks.push([]);
      bytes = 0;
    }
    chunks.at(-1)?.push(record);
    bytes += record.length;
  }
  return chunks;
}

/** In order: each long record of an answer by itself, in pieces that fit, and what is between. */
function piecesOf(records: readonly Uint8Array[]): readonly Piece[] {
  const pieces: Piece[] = [];
  let small: Uint8Array[] = [];
  const add = (parts: readonly Uint8Array[], deflates: boolean) => {
    if (parts.length === 0) return;
    const bytes = concat(parts);
    for (let at = 0; at < bytes.length; at += journalRowBytesMax) {
      const begun = at === 0 ? parts.length : 0;
      pieces.push({ begun, bytes: bytes.subarray(at, at + journalRowBytesMax), deflates });
    }
  };
  for (const record of records) {
    if (record.length < deflatedBytesMin || !ANSWERS.has(kindOf(record))) {
      small.push(record);
      continue;
    }
    add(small, false);
    small = [];
    add([record], true);
  }
  add(small, false);
  return pieces;
}
