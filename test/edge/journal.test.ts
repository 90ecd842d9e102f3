import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { expect, it } from "vitest";
import type { Event } from "../../core/fact.ts";
import { journalRowBytesMax } from "../../core/limits.ts";
import { NOTHING } from "../../core/recording/findable.ts";
import { decodeRecord } from "../../core/recording/record.ts";
import { Journal, type Stretch } from "../../durable-objects/journal.ts";

const toClient = (bytes: number): Event => ({
  at: 1,
  command: 0,
  fact: { kind: "toClient", bytes: new Uint8Array(bytes) },
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
