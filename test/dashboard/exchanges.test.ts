import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { RecordView } from "../../core/api/record.ts";
import { text, utf8 } from "../../core/bytes.ts";
import { statusInWords } from "../../core/protocols/http/seen.ts";
import { BodyLog, bytesOf, type Part, partsUpTo, readBody } from "../../dashboard/src/bodies.ts";
import { decoded } from "../../dashboard/src/decoded.ts";
import {
  entriesOf,
  type Entry,
  type ExchangeEntry,
  isOf,
  mentions,
} from "../../dashboard/src/exchanges.ts";
import { Recording } from "../../dashboard/src/recording.ts";
import { asked, body, done, EXCHANGE_RECORDS } from "../support/exchange-samples.ts";
import {
  HELD,
  OLD_SOCKET_RECORDS,
  said,
  SOCKET_RECORDS,
  switched,
} from "../support/socket-samples.ts";

const numbered = (...records: RecordView[]) =>
  records.map((record, index) => ({ ...record, seq: index + 1 }));

function logOf(records: readonly RecordView[]) {
  const log = new BodyLog();
  const facts = records.map((record) => log.take(record));
  return { log, facts };
}
const bodyIn = ({ bodies }: BodyLog, command: number, seq?: number) => {
  const found = bodies.get(command);
  return found === undefined ? null : text(bytesOf(partsUpTo(found, seq)));
};

describe("entries", () => {
  test("are exchanges in the order in which they began, and what happened to the session", () => {
    const entries = entriesOf(EXCHANGE_RECORDS);
    expect(entries.map((one) => (one.is === "event" ? one.says : one.exchange.command))).toEqual([
      "Ada opened billing-api",
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8,
      9,
    ]);
    const verdicts = entries.flatMap((one) => (one.is === "event" ? [] : [one.decided?.verdict]));
    expect(verdicts.slice(2, 5)).toEqual(["approved", "blocked", "allowed"]);
    expect(verdicts[7]).toBeUndefined();
  });

  test("are found by words of a request, a header or a body as it was sent", () => {
    const { log, facts } = logOf(EXCHANGE_RECORDS);
    const found = (words: string) =>
      entriesOf(facts).flatMap((entry) => {
        const command = entry.is === "event" ? 0 : entry.exchange.command;
        return mentions(entry, log.bodies.get(command), words) ? [command] : [];
      });
    expect(found("")).toHaveLength(10);
    expect(found(" PAYMENT_amount ")).toEqual([3]);
    expect(found("text/csv")).toEqual([5]);
    expect(found("ueda")).toEqual([5]);
    expect(found("opened billing")).toEqual([0]);
    expect(found('"total"')).toEqual([]);
  });
});

/** "2 of 1: allowed": of each message of the client's, and how long those of the service's are. */
const messagesIn = (entries: readonly Entry[]) =>
  entries.flatMap((entry) => {
    if (entry.is === "event" || entry.messages === null) return [];
    const said = entry.messages.map((one) =>
      one.is === "received"
        ? one.bytes
        : `${one.exchange.command} ${one.decided?.verdict ?? one.exchange.notes.join()}`,
    );
    return [[entry.exchange.command, statusInWords(entry.exchange), ...said]];
  });

describe("messages", () => {
  test("are in the entry of the WebSocket that they are on, in their order", () => {
    const { facts } = logOf(SOCKET_RECORDS);
    const entries = entriesOf(facts);
    expect(entries.map((one) => (one.is === "event" ? 0 : one.exchange.command))).toEqual([
      0, 1, 2, 3,
    ]);
    const refused = "9 Refused unread: A name stands twice.";
    expect(messagesIn(entries)).toEqual([
      [1, "closed with 1008", 35, "4 allowed", "6 allowed", "7 approved", 4, 13, refused],
      [3, "closed with 1008", "5 allowed", 10, "8 blocked"],
    ]);
    const found = (words: string) =>
      entries.flatMap((one) =>
        one.is === "exchange" && mentions(one, undefined, words) ? [one.exchange.command] : [],
      );
    expect([found("amount"), found("on its way in"), found("drop")]).toEqual([[1], [1], [3]]);
    const [, socket] = entries as [Entry, ExchangeEntry];
    expect([1, 7, 9, 2, 5].map((command) => isOf(socket, command))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  test("that do not say whose they are, as in older recordings, are entries of their own", () => {
    const { facts } = logOf(OLD_SOCKET_RECORDS);
    const entries = entriesOf(facts);
    expect(entries.map((one) => (one.is === "event" ? 0 : one.exchange.command))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
    expect(messagesIn(entries)).toEqual([
      [1, "closed with 1008", 35, 4, 13],
      [3, "closed with 1008", 10],
    ]);
    const [, , , , message] = entries as [Entry, Entry, Entry, Entry, ExchangeEntry];
    expect(statusInWords(message.exchange)).toBe("sent");
  });

  test("whose opening a page has let go of stay together with what it has of it", () => {
    const { facts } = logOf(SOCKET_RECORDS);
    const left = messagesIn(entriesOf(facts.slice(5)));
    expect(left.find(([command]) => command === 1)?.slice(0, 3)).toEqual([
      1,
      "closed with 1008",
      "4 allowed",
    ]);
  });

  test("that are decided again stand as they were decided last", () => {
    const again = said(3, 2, 1, "x", { verdict: "allow", rules: [], message: null });
    const records = [
      ...asked(0, 1, "GET /feed"),
      switched(1, 1),
      ...said(2, 2, 1, "x", HELD),
      ...again,
    ];
    expect(messagesIn(entriesOf(numbered(...records)))).toEqual([[1, "open", "2 allowed"]]);
  });

  test("of the service are kept whole: the last of them, up to a bound", () => {
    const records = [
      switched(0, 1),
      ...Array.from({ length: 6 }, (_, n) => body(n, 1, `${n}${"x".repeat(60 * 1024)}`)),
    ];
    const { log } = logOf(numbered(...records));
    const kept = () => log.bodies.get(1)?.parts.map(({ seq, bytes }) => [seq, bytes.length]);
    const length = 60 * 1024 + 1;
    expect(kept()).toEqual([4, 5, 6, 7].map((seq) => [seq, length]));
    log.forgetBefore(6);
    log.take({ ...body(9, 1, "next"), seq: 8 });
    expect(kept()).toEqual([
      [6, length],
      [7, length],
      [8, 4],
    ]);
    log.take({ ...body(9, 1, "x".repeat(900 * 1024)), seq: 9 });
    expect(kept()).toEqual([[9, 900 * 1024]]);
    for (let seq = 10; seq < 2_000; seq++) log.take({ ...body(9, 1, ""), seq });
    expect([kept()?.length, kept()?.[0], kept()?.at(-1)]).toEqual([1_000, [1_000, 0], [1_999, 0]]);
  });
});

describe("bodies", () => {
  test("that overlap are told apart, and were as long as they were at each record", () => {
    const records = numbered(body(1, 1, "ab"), body(2, 2, "xy"), body(3, 1, "cd"));
    const { log, facts } = logOf(records);
    expect([bodyIn(log, 1), bodyIn(log, 2), bodyIn(log, 3)]).toEqual(["abcd", "xy", null]);
    expect([0, 1, 2, 3].map((seq) => bodyIn(log, 1, seq))).toEqual(["", "ab", "ab", "abcd"]);
    expect(facts.map(({ fact }) => fact)).toEqual([{ length: 2 }, { length: 2 }, { length: 2 }]);
  });

  test("are kept up to a bound each, and all of them together", () => {
    const full = body(1, 1, "x".repeat(66 * 1024));
    const part = "x".repeat(40 * 1024);
    const { log } = logOf(numbered(body(1, 1, part), body(2, 1, part)));
    expect(bodyIn(log, 1)?.length).toBe(64 * 1024);
    const many = Array.from({ length: 260 }, (_, n) => ({ ...full, command: n + 1 }));
    const { log: all } = logOf(numbered(...many, body(301, 1, "after a gap")));
    const kept = () =>
      [...all.bodies.values()].reduce((sum, one) => sum + bytesOf(one.parts).length, 0);
    expect(kept()).toBe(16 * 1024 * 1024);
    expect([bodyIn(all, 1), bodyIn(all, 260)?.length]).toEqual(["", 64 * 1024]);
    all.forgetBefore(260);
    expect(kept()).toBe(64 * 1024);
  });

  test("are read again from their place, page by page, until they are over", async () => {
    const parts = Array.from({ length: 6 }, (_, n) => body(n, 1, `${n}`));
    const records = numbered(body(0, 2, "no"), ...parts, done(9, 1, "200"), body(10, 2, "no"));
    const asked: number[] = [];
    const read = (from: number) => {
      asked.push(from);
      const items = records.filter(({ seq }) => seq >= from).slice(0, 4);
      return Promise.resolve({ items, next: (items.at(-1)?.seq ?? 0) + 1 });
    };
    const seen: string[] = [];
    const shows = (parts: readonly Part[]) => seen.push(text(bytesOf(parts))) > 0;
    await readBody(1, { from: 2 }, read, shows);
    expect([seen, asked]).toEqual([
      ["0123", "012345"],
      [2, 6],
    ]);
    asked.length = 0;
    await readBody(1, { from: 2 }, read, () => false);
    expect(asked).toEqual([2]);
  });
});

describe("a recording of exchanges", () => {
  test("keeps every record, and of its bytes how many they were", async () => {
    const page = { items: [...EXCHANGE_RECORDS], next: null };
    const recording = new Recording(() => Promise.resolve(page), "exchanges");
    await recording.more();
    const { facts, bodies } = recording.get();
    expect(facts).toHaveLength(EXCHANGE_RECORDS.length);
    expect(facts.some(({ fact }) => "bytes" in fact)).toBe(false);
    expect([...bodies.keys()]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe("a content coding", () => {
  const plain = utf8("a plain text, ".repeat(50));

  test.for([
    ["gzip", gzipSync(plain)],
    ["deflate", deflateSync(plain)],
    ["br", brotliCompressSync(plain)],
  ] as const)("%s is taken off", async ([coding, bytes]) => {
    expect(await decoded(coding, bytes)).toEqual({ bytes: plain, cut: false });
  });

  test("that nobody knows is said to be so", async () => {
    expect(await decoded("zstd", plain)).toBeNull();
  });

  test("that is cut gives what there is, and what is packed small is bounded", async () => {
    const long = utf8(Array.from({ length: 20_000 }, (_, n) => n).join(","));
    const packed = gzipSync(long);
    const half = await decoded("gzip", packed.subarray(0, packed.length / 2));
    expect(half?.cut).toBe(true);
    expect(long.subarray(0, half?.bytes.length)).toEqual(half?.bytes);
    const bomb = await decoded("gzip", gzipSync(new Uint8Array(8 * 1024 * 1024)));
    expect([bomb?.bytes.length, bomb?.cut]).toEqual([1024 * 1024, true]);
    expect(await decoded("gzip", utf8("no such thing"))).toMatchObject({ cut: true });
  });
});
