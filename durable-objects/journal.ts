import { concat } from "../core/bytes.ts";
import type { Event } from "../core/fact.ts";
import { chunkBytesMax, journalBytesMax, journalRowBytesMax } from "../core/limits.ts";
import { chainSeed } from "../core/recording/chain.ts";
import { type Findable, NOTHING } from "../core/recording/findable.ts";
import { encodeEvents, type Seal, splitRecords } from "../core/recording/record.ts";
import { linkHash, nodeCrypto } from "./crypto.ts";

/** Whole records, with the chain's value after the last of them. */
export type Stretch = {
  readonly first: number;
  readonly last: number;
  readonly h: Uint8Array;
  readonly records: Uint8Array;
};

type Row = { id: number; first: number; last: number; h: ArrayBuffer; bytes: number };

/** Rows of one append stand together: its turn's number times this, and which piece it is. */
const piecesMax = 1024;
const idOf = (turn: number, piece = 0): number => turn * piecesMax + piece;
const turnOf = ({ id }: Pick<Row, "id">): number => Math.floor(id / piecesMax);

/**
 * A session's records that are not in the store yet, in the object's own SQLite. One append is one
 * insert (more only where a row would be too large); the output gate then holds whatever is sent in
 * the same turn until the insert is durable, so no `sync()` is needed.
 */
export class Journal {
  readonly #sql: SqlStorage;
  #seal: Seal | null = null;
  #h: Uint8Array;
  #last: number;
  #turn: number;
  #bytes: number;
  #waiting: (() => void)[] = [];

  /** `header` seeds the chain. Takes up what an earlier life of the object has left. */
  constructor(sql: SqlStorage, header: string) {
    this.#sql = sql;
    // A table without rowid would read whole bodies to find its way.
    sql.exec(`create table if not exists journal (id integer primary key, first integer,
      last integer, h blob, body blob)`);
    sql.exec(`create table if not exists shipped (one integer primary key, last integer, h blob)`);
    sql.exec(`create table if not exists findable (one integer primary key, json text)`);
    const shipped = this.#one<{ last: number; h: ArrayBuffer }>("select last, h from shipped");
    const newest = this.#one<Row>("select id, last, h from journal order by id desc limit 1");
    const { last, h } = newest ?? shipped ?? { last: 0, h: null };
    this.#last = last;
    this.#h = h === null ? nodeCrypto.sha256(chainSeed(header)) : new Uint8Array(h);
    this.#turn = newest === null ? 0 : turnOf(newest);
    const sum = this.#one<{ n: number }>("select coalesce(sum(length(body)), 0) n from journal");
    this.#bytes = sum?.n ?? 0;
  }

  /** Opens the journal for secrets: what seals them never lies beside them. */
  sealWith(seal: Seal): void {
    this.#seal = seal;
  }

  /** Records so far; they count from 1. */
  get last(): number {
    return this.#last;
  }

  /** Bytes that wait to be shipped. */
  get bytes(): number {
    return this.#bytes;
  }

  /** All of them, or it throws and nothing has changed. */
  append(events: readonly Event[]): void {
    if (events.length === 0) return;
    const body = encodeEvents(events, this.#sealed);
    const records = splitRecords(body) ?? [];
    const first = this.#last + 1;
    let h = this.#h;
    for (const record of records) h = linkHash(h, record);
    const last = this.#last + records.length;
    const turn = this.#turn + 1;
    try {
      this.#insert({ turn, first, last, h }, body);
    } catch (error) {
      // Nobody takes back what a turn wrote before it failed.
      this.#sql.exec("delete from journal where id >= ?", idOf(turn));
      throw error;
    }
    this.#turn = turn;
    this.#last = last;
    this.#h = h;
    this.#bytes += body.length;
  }

  #insert(row: { turn: number; first: number; last: number; h: Uint8Array }, body: Uint8Array) {
    const { turn, first, last, h } = row;
    for (let at = 0, piece = 0; at < body.length; at += journalRowBytesMax, piece++) {
      const whole = body.length <= journalRowBytesMax;
      const part = whole ? body : body.slice(at, at + journalRowBytesMax);
      const values = [idOf(turn, piece), first, last, h, part];
      this.#sql.exec("insert into journal values (?, ?, ?, ?, ?)", ...values);
    }
  }

  readonly #sealed: Seal = (plain) => {
    if (this.#seal === null) throw new Error("the journal has no key for secrets");
    return this.#seal(plain);
  };

  /** Resolves while there is room for more. */
  room(): Promise<void> | null {
    if (this.#bytes < journalBytesMax) return null;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The oldest records, about a chunk of them; a turn is never divided. Null: none wait. */
  oldest(): Stretch | null {
    const rows = this.#rows("select id, first, last, h, length(body) bytes from journal");
    const end = endWithin(rows, chunkBytesMax);
    const [head] = rows;
    if (head === undefined || end === undefined) return null;
    const records = this.#bodies(head, end);
    return { first: head.first, last: end.last, h: new Uint8Array(end.h), records };
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
    this.#bytes -= stretch.records.length;
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
    const rows = this.#rows(
      "select id, first, last, length(body) bytes from journal where last >= ?",
      from,
    );
    const end = endWithin(rows, bytesMax);
    const [head] = rows;
    if (head === undefined || end === undefined) return { first: from, records: [] };
    const records = splitRecords(this.#bodies(head, end)) ?? [];
    const first = Math.max(from, head.first);
    return { first, records: records.slice(first - head.first) };
  }

  #rows(query: string, ...bindings: number[]): readonly Row[] {
    return this.#sql.exec<Row>(`${query} order by id limit 4096`, ...bindings).toArray();
  }

  /** Of whole turns. */
  #bodies(head: Row, end: Row): Uint8Array {
    const query = "select body from journal where id between ? and ? order by id";
    const bounds = [idOf(turnOf(head)), idOf(turnOf(end) + 1) - 1];
    const rows = this.#sql.exec<{ body: ArrayBuffer }>(query, ...bounds).toArray();
    return concat(rows.map((row) => new Uint8Array(row.body)));
  }

  #one<T extends Record<string, SqlStorageValue>>(query: string): T | null {
    return this.#sql.exec<T>(query).toArray()[0] ?? null;
  }
}

/** The last row of the turns that have so many bytes together, the first of them in any case. */
function endWithin(rows: readonly Row[], bytesMax: number): Row | undefined {
  let [end, bytes] = [rows[0], 0];
  for (const turn of turnsOf(rows)) {
    bytes += turn.reduce((sum, row) => sum + row.bytes, 0);
    if (bytes > bytesMax && turn[0] !== rows[0]) break;
    end = turn.at(-1);
  }
  return end;
}

function turnsOf(rows: readonly Row[]): readonly (readonly Row[])[] {
  const turns: Row[][] = [];
  for (const row of rows) {
    const last = turns.at(-1);
    if (last?.[0] !== undefined && turnOf(last[0]) === turnOf(row)) last.push(row);
    else turns.push([row]);
  }
  return turns;
}
