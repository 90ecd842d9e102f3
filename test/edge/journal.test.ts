import { randomBytes } from "node:crypto";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { EMPTY } from "../../core/bytes.ts";
import type { Event } from "../../core/fact.ts";
import { chunkBytesMax, journalRowBytesMax } from "../../core/limits.ts";
import { chainSeed } from "../../core/recording/chain.ts";
import { NOTHING } from "../../core/recording/findable.ts";
import { gzipOf } from "../../core/recording/gzip.ts";
import { decodeRecord, encodeEvents, splitRecords } from "../../core/recording/record.ts";
import { linkHash, nodeCrypto } from "../../durable-objects/crypto.ts";
import { Journal, type Stretch } from "../../durable-objects/journal.ts";

const toClient = (bytes: number): Event => ({
  at: 1,
  command: 0,
  fact: { kind: "toClient", bytes: randomBytes(bytes) },
});
const END: Event = { at: 2, command: 0, fact: { kind: "note", message: "goodbye" } };

function sqlOver(db: DatabaseSync): SqlStorage {
  const exec = (query: string, ...values: SQLInputValue[]) => {
    const rows = db.prepare(query).all(...values);
    return { toArray: () => rows };
  };
  return { exec } as unknown as SqlStorage;
}

it("keeps nothing of a turn that the disk could not take whole, and goes on behind it", () => {
  const db = new DatabaseSync(":memory:");
  const sql = sqlOver(db);
  const journal = new Journal(sql, "{}");
  journal.append([toClient(10)]);
  const { bytes } = journal;
  // Room for the first of the next turn's rows, not for all three.
  db.exec(`pragma max_page_count = ${Math.ceil((1.5 * journalRowBytesMax) / 4096)}`);
  expect(() => journal.append([toClient(3 * journalRowBytesMax)])).toThrow(/full/);
  expect(journal).toMatchObject({ last: 1, bytes });
  journal.append([END]);
  for (const one of [journal, new Journal(sql, "{}")]) {
    expect(one.last).toBe(2);
    const { records } = one.since(1, 1024);
    expect(records.map((record) => decodeRecord(record)?.fact.kind)).toEqual(["toClient", "note"]);
  }
});

it("keeps what a session was found by across its lives, until it is over", () => {
  const sql = sqlOver(new DatabaseSync(":memory:"));
  const journal = new Journal(sql, "{}");
  journal.append([END]);
  const stretch = journal.oldest() as Stretch;
  const findable = { ...NOTHING, statements: ["select 1"] };
  journal.shipped(stretch, findable);
  journal.append([END]);
  journal.shipped(journal.oldest() as Stretch, null);
  const next = new Journal(sql, "{}");
  expect(next.findable()).toEqual(findable);
  next.forget();
  expect(next.findable()).toEqual(NOTHING);
});

it("deflates long answers at once, and gives and ships the very records in their order", () => {
  const sql = sqlOver(new DatabaseSync(":memory:"));
  const journal = new Journal(sql, "{}");
  const text = Buffer.from("a long answer, ".repeat(200_000));
  const events: readonly Event[] = [
    { at: 1, command: 1, fact: { kind: "note", message: "before" } },
    { at: 2, command: 1, fact: { kind: "toClient", bytes: text } },
    { at: 3, command: 1, fact: { kind: "toClient", bytes: Buffer.from("short") } },
    { at: 4, command: 1, fact: { kind: "toClient", bytes: randomBytes(20_000) } },
    { at: 5, command: 1, fact: { kind: "note", message: "after" } },
  ];
  const [first, ...others] = events;
  journal.append([first as Event]);
  journal.append(others);
  const plain = Buffer.from(encodeEvents(events, () => new Uint8Array()));
  expect(journal).toMatchObject({ last: 5, bytes: plain.length });
  for (const one of [journal, new Journal(sql, "{}")]) {
    for (let from = 1; from <= events.length + 1; from++) {
      const { first: given, records } = one.since(from, plain.length);
      const wanted = encodeEvents(events.slice(from - 1), () => EMPTY);
      expect(given).toBe(from);
      expect(records.length).toBe(events.length + 1 - from);
      expect(Buffer.concat(records).equals(wanted)).toBe(true);
    }
    const stretch = one.oldest() as Stretch;
    expect(stretch).toMatchObject({ first: 1, last: 5 });
    expect(stretch.kept).toBeLessThan(plain.length / 10);
    expect(gunzipSync(gzipOf(stretch.parts)).equals(plain)).toBe(true);
    const runs = stretch.runs.map((run) => [run.first, splitRecords(run.records)?.length]);
    expect(runs).toEqual([
      [1, 1],
      [3, 1],
      [5, 1],
    ]);
  }
  journal.shipped(journal.oldest() as Stretch, null);
  expect(journal.bytes).toBe(0);
  expect(journal.oldest()).toBeNull();
});

it("divides a turn that is larger than a chunk, so that readers take all of it", () => {
  const sql = sqlOver(new DatabaseSync(":memory:"));
  const journal = new Journal(sql, "{}");
  const events = Array.from({ length: 12_000 }, (_, command): Event => {
    const message = randomBytes(2_000).toString("base64");
    return { at: 1, command, fact: { kind: "note", message } };
  });
  const large = Buffer.alloc(2 * chunkBytesMax, 1);
  const turn = [
    ...events,
    { at: 1, command: 1, fact: { kind: "toClient", bytes: large } } as const,
  ];
  journal.append(turn);
  const parts: Uint8Array[] = [];
  let h = nodeCrypto.sha256(chainSeed("{}"));
  for (let last = 0; journal.bytes > 0;) {
    const stretch = new Journal(sql, "{}").oldest() as Stretch;
    expect(stretch.first).toBe(last + 1);
    const plain = gunzipSync(gzipOf(stretch.parts));
    const records = splitRecords(plain) ?? [];
    expect(plain.length <= chunkBytesMax || records.length === 1).toBe(true);
    expect(records.length).toBe(stretch.last - last);
    for (const record of records) h = linkHash(h, record);
    expect(stretch.h).toEqual(h);
    parts.push(plain);
    last = stretch.last;
    journal.shipped(stretch, null);
  }
  expect(Buffer.concat(parts).equals(encodeEvents(turn, () => EMPTY))).toBe(true);
});
