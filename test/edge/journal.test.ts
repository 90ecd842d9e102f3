import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { expect, it } from "vitest";
import type { Event } from "../../core/fact.ts";
import { journalRowBytesMax } from "../../core/limits.ts";
import { decodeRecord } from "../../core/recording/record.ts";
import { Journal } from "../../durable-objects/journal.ts";

const toClient = (bytes: number): Event => ({
  at: 1,
  command: 0,
  fact: { kind: "toClient", bytes: new Uint8Array(bytes) },
});
const END: Event = { at: 2, command: 0, fact: { kind: "note", message: "goodbye" } };

it("keeps nothing of a turn that the disk could not take whole, and goes on behind it", () => {
  const db = new DatabaseSync(":memory:");
  const exec = (query: string, ...values: SQLInputValue[]) => {
    const rows = db.prepare(query).all(...values);
    return { toArray: () => rows };
  };
  const sql = { exec } as unknown as SqlStorage;
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
