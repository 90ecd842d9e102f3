import { describe, expect, test } from "vitest";
import type { RecordView } from "../../core/api/record.ts";
import { base64, concat, u32Bytes, utf8 } from "../../core/bytes.ts";
import { type Answer, AnswerLog, readWhole } from "../../dashboard/src/answers.ts";
import { Recording } from "../../dashboard/src/recording.ts";
import { columns, message, READY, row, tag } from "../cli/wire.ts";

/** Records in their order, numbered from 1. */
const recorded = (...facts: readonly (readonly [string, RecordView["fact"], number?])[]) =>
  facts.map(([kind, fact, command = 0], index): RecordView => ({
    seq: index + 1,
    at: "2026-01-01T00:00:00.000Z",
    command,
    kind,
    fact,
  }));
const bytes = (...parts: Uint8Array[]) => ["toClient", { bytes: base64(concat(parts)) }] as const;
const completed = (command: number, tag: string) => ["completed", { tag }, command] as const;
const failed = (command: number, from: "upstream" | "sluice") =>
  ["failed", { sqlstate: "42501", from }, command] as const;
const error = (text: string) => message("E", `SERROR\0C42501\0M${text}\0\0`);
const notice = (text: string) => message("N", `SNOTICE\0C00000\0M${text}\0\0`);

function logOf(records: readonly RecordView[]) {
  const log = new AnswerLog();
  return { log, strays: records.flatMap((record) => log.take(record)) };
}
const texts = (answer: Answer | undefined) =>
  answer?.rows.map((cells) => cells.map((cell) => cell?.text ?? null));

describe("answers in a recording", () => {
  const one = concat([columns("id", "name"), row("1", "[redacted]"), row("2", null), row("3", "")]);

  test("are told apart however the bytes are cut, NULL from the empty text too", () => {
    const all = concat([
      one,
      tag("SELECT 3"),
      READY,
      columns("n"),
      row("7"),
      tag("SELECT 1"),
      READY,
    ]);
    for (const size of [1, 3, 7, all.length]) {
      const pieces = Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
        bytes(all.subarray(index * size, (index + 1) * size)),
      );
      const { log, strays } = logOf(
        recorded(completed(1, "SELECT 3"), completed(2, "SELECT 1"), ...pieces),
      );
      expect(texts(log.answers.get(1))).toEqual([
        ["1", "[redacted]"],
        ["2", null],
        ["3", ""],
      ]);
      expect(texts(log.answers.get(2))).toEqual([["7"]]);
      expect(strays).toEqual([]);
    }
  });

  test("belong each to its own fact, also where a refusal was recorded ahead of its turn", () => {
    const { log } = logOf(
      recorded(
        failed(2, "sluice"),
        failed(1, "upstream"),
        bytes(error("permission denied"), READY),
        bytes(error("Dropping is not allowed."), READY),
      ),
    );
    expect(log.answers.get(2)?.words).toEqual([
      { is: "error", text: "ERROR:  permission denied (42501)" },
    ]);
    expect(log.answers.get(1)?.words[0]?.text).toContain("Dropping");
  });

  test("keep notices, and say what was told that no fact tells of", () => {
    const { log, strays } = logOf(
      recorded(
        completed(1, "DO"),
        bytes(notice("almost"), tag("DO"), READY),
        bytes(message("E", "SFATAL\0C57P01\0MAda was ended by Max\0\0")),
      ),
    );
    expect(log.answers.get(1)?.words).toEqual([{ is: "notice", text: "NOTICE:  almost (00000)" }]);
    expect(strays.map(({ answer }) => answer.words[0]?.text)).toEqual([
      "FATAL:  Ada was ended by Max (57P01)",
    ]);
  });

  test("that the session's end cut short are told too, with the rows that were sent", () => {
    const { log, strays } = logOf(
      recorded(bytes(columns("n"), row("1"), row("2")), ["end", { code: "killed", message: "" }]),
    );
    expect(strays.map(({ seq, answer }) => [seq, answer.sent])).toEqual([[0, 2]]);
    expect(texts(log.answers.get(0))).toEqual([["1"], ["2"]]);
  });

  test("say where columns are not their own, and write out what is no text", () => {
    const described = [bytes(columns("n"), READY), completed(1, "SELECT 1")] as const;
    const cells = message("D", concat([Uint8Array.of(0, 1), u32Bytes(4), u32Bytes(7)]));
    const { log } = logOf(recorded(...described, bytes(cells, tag("SELECT 1"))));
    expect(log.answers.get(2)).toMatchObject({
      borrowed: true,
      rows: [[{ text: "\\x00000007", binary: true }]],
    });
  });

  test("of COPY are lines, wherever they were cut", () => {
    const out = message("H", Uint8Array.of(0, 0, 1, 0, 0));
    const data = (text: string) => message("d", text);
    const { log } = logOf(
      recorded(
        completed(1, "COPY 3"),
        bytes(
          out,
          data("1\tA"),
          data("da\n2\tEve\n"),
          data("3\t\\N"),
          message("c", ""),
          tag("COPY 3"),
        ),
      ),
    );
    expect(log.answers.get(1)).toMatchObject({ kind: "copy", sent: 3 });
    expect(texts(log.answers.get(1))).toEqual([["1\tAda"], ["2\tEve"], ["3\t\\N"]]);
  });

  test("keep their first rows alone, and are read again page by page", async () => {
    const rows = Array.from({ length: 1_000 }, (_, n) => row(String(n), "x".repeat(50)));
    const before = [
      completed(1, "SELECT 1"),
      bytes(columns("n"), row("0"), tag("SELECT 1"), READY),
    ];
    const pieces = [columns("n", "x"), ...rows, tag("SELECT 1000"), READY];
    const records = recorded(
      ...(before as [ReturnType<typeof bytes>]),
      completed(2, "SELECT 1000"),
      ...Array.from({ length: 11 }, (_, at) => bytes(...pieces.slice(at * 100, at * 100 + 100))),
    );
    const { log } = logOf(records);
    const look = log.answers.get(3) as Answer;
    expect([look.rows.length, look.sent]).toEqual([200, 1_000]);
    const asked: number[] = [];
    const grown: number[] = [];
    const read = async (from: number) => {
      asked.push(from);
      const items = records.slice(from - 1, from + 3);
      return { items, next: from + 4 > records.length ? null : from + 4 };
    };
    await readWhole(look, read, ({ rows }) => grown.push(rows.length) > 0);
    expect(asked).toEqual([2, 6, 10, 14]);
    expect([grown.length, grown.at(-1)]).toEqual([4, 1_000]);
  });

  test("of one message without end do not fill memory", () => {
    const huge = concat([utf8("D"), u32Bytes(2 ** 29), new Uint8Array(64)]);
    const { log, strays } = logOf(recorded(bytes(columns("v")), bytes(huge)));
    expect([log.answers.size, strays.length]).toEqual([0, 0]);
  });
});

describe("a recording that is read", () => {
  const records = recorded(
    ["command", { shown: "SELECT 1", operations: ["select"] }, 1],
    completed(1, "SELECT 1"),
    bytes(columns("n"), row("1"), tag("SELECT 1"), READY),
    ["end", { code: "killed", message: "Max ended this session." }],
  );
  const pages =
    (limit: number, known: { length: number } = records) =>
    async (from: number) => {
      const items = records.slice(0, known.length).slice(from - 1, from - 1 + limit);
      const last = items.at(-1);
      return { items, next: last === undefined || last.kind === "end" ? null : last.seq + 1 };
    };

  test("goes on where it was, misses nothing, doubles nothing, and keeps no bytes", async () => {
    const known = { length: 2 };
    const recording = new Recording(pages(1, known));
    await recording.upTo(Number.POSITIVE_INFINITY);
    expect([recording.next, recording.get().caughtUp]).toEqual([3, true]);
    known.length = 4;
    await Promise.all([recording.upTo(4), recording.upTo(4), recording.more()]);
    const { facts, answers, end } = recording.get();
    expect(facts.map(({ kind }) => kind)).toEqual(["command", "completed", "end"]);
    expect([answers.get(2)?.sent, end?.seq]).toEqual([1, 4]);
  });

  test("holds no more of a long session than it can show, and says how much is gone", async () => {
    const many = Array.from({ length: 8_000 }, (_, n) => [
      ["command", { shown: "SELECT 1", operations: ["select"] }, n + 1] as const,
      ["decision", { verdict: "allow", rules: [], message: null }, n + 1] as const,
      completed(n + 1, "SELECT 1"),
      bytes(columns("n"), row("x".repeat(5_000)), tag("SELECT 1"), READY),
    ]).flat();
    const all = recorded(...many);
    const recording = new Recording(async (from) => {
      const items = all.slice(from - 1, from + 999);
      return { items, next: items.length === 0 ? null : from + items.length };
    });
    await recording.upTo(Number.POSITIVE_INFINITY);
    const { facts, gone, answers } = recording.get();
    expect([facts.length, gone, recording.next]).toEqual([20_000, 4_000, 32_001]);
    expect(answers.size).toBeLessThan(6_700);
    const rows = [...answers.values()].flatMap((answer) => answer.rows);
    expect(rows.length * 5_000).toBeLessThanOrEqual(16 * 1024 * 1024);
    expect([...answers.values()].at(-1)?.rows).toHaveLength(1);
  });

  test("says what went wrong, and can be asked again", async () => {
    let fails = true;
    const recording = new Recording(async (from) => {
      if (fails) throw new Error("away");
      return pages(10)(from);
    });
    await recording.more();
    expect(recording.get()).toMatchObject({ error: new Error("away"), reads: false });
    fails = false;
    await recording.more();
    expect(recording.get()).toMatchObject({ error: null, caughtUp: true });
  });
});
