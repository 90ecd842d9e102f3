import { describe, expect, it } from "vitest";
import { TableWriter } from "../../cli/output/rows.ts";
import { replay } from "../../cli/replay/replay.ts";
import { BackendKeyWatch } from "../../cli/tunnel/backend-key.ts";
import { AnswerRenderer } from "../../cli/wire/answer.ts";
import { MessageReader } from "../../core/protocols/postgres/seen.ts";
import type { RecordView } from "../../core/api/record.ts";
import { base64, concat, fromHex, hex } from "../../core/bytes.ts";
import { AUTHENTICATION_OK, columns, loginWith, message, READY, row, tag } from "./wire.ts";

const KEY = fromHex("0000002ac0ffee01");

describe("BackendKeyWatch", () => {
  it("finds the key however the login is cut, and tells it once", () => {
    const login = loginWith(KEY);
    for (let size = 1; size <= login.length; size++) {
      const watch = new BackendKeyWatch();
      const found: string[] = [];
      for (let at = 0; at < login.length; at += size) {
        const key = watch.push(login.subarray(at, at + size));
        if (key !== null) found.push(hex(key));
      }
      expect(found).toEqual([hex(KEY)]);
    }
  });

  it("believes no key after ReadyForQuery", () => {
    const watch = new BackendKeyWatch();
    expect(watch.push(concat([AUTHENTICATION_OK, READY, message("K", KEY)]))).toBeNull();
    expect(watch.push(message("K", KEY))).toBeNull();
  });
});

const ANSWER = concat([columns("id", "name"), row("1", "Ada"), row("2", null), tag("SELECT 2")]);

it("MessageReader gives the same messages for any cut", () => {
  for (const size of [1, 2, 3, 5, 7, 11, 4096]) {
    const reader = new MessageReader();
    const types: string[] = [];
    for (let at = 0; at < ANSWER.length; at += size) {
      for (const { type } of reader.push(ANSWER.subarray(at, at + size))) types.push(type);
    }
    expect(types.join("")).toBe("TDDC");
  }
});

it("AnswerRenderer shows rows whose description came earlier, without titles", () => {
  const renderer = new AnswerRenderer(new TableWriter());
  const bytes = concat([row("\u001b[31m"), tag("SELECT 1")]);
  const shown = [...new MessageReader().push(bytes)].map((one) => renderer.show(one));
  expect(shown.map((one) => (one?.is === "output" ? one.text : "")).join("")).toContain(
    "\\x1b[31m",
  );
});

describe("replay", () => {
  const record = (seq: number, at: string, kind: string, fact: object): RecordView => ({
    seq,
    at: `2026-11-25T10:00:${at}Z`,
    command: 1,
    kind,
    fact: fact as Record<string, unknown>,
  });
  const RECORDS = [
    record(1, "00.000", "opened", { principal: "ada", resource: "shop-db" }),
    record(2, "02.000", "command", { shown: "select id, name\nfrom c where ssn = '…'" }),
    record(3, "02.000", "decision", { verdict: "allow", rules: ["engineers"] }),
    record(4, "02.500", "toClient", { bytes: base64(ANSWER.subarray(0, 20)) }),
    record(5, "03.000", "toClient", { bytes: base64(ANSWER.subarray(20)) }),
    record(6, "59.000", "end", { code: "done", message: "bye \u202e" }),
  ];
  async function* given() {
    yield* RECORDS;
  }
  async function played(pace: { speed: number; wait: boolean }) {
    const moments = [];
    for await (const moment of replay(given(), pace)) moments.push(moment);
    return moments;
  }

  it("shows statements in their shown form, the rows as they went out, and the end", async () => {
    const text = (await played({ speed: 1, wait: false })).map((moment) => moment.text).join("");
    expect(text).toBe(
      [
        "10:00:00.000 -- opened by ada on shop-db",
        "10:00:02.000 > select id, name",
        "from c where ssn = '…'",
        "id | name",
        "---+-----",
        "1  | Ada",
        "2  | NULL",
        "SELECT 2",
        "10:00:59.000 -- ended: done (bye \\u{202e})",
        "",
      ].join("\n"),
    );
  });

  it("keeps the pace, divided by the speed, and cuts long pauses", async () => {
    const waits = (await played({ speed: 2, wait: true })).map((moment) => moment.waitMs);
    expect(waits).toEqual([0, 1000, 500, 5000]);
  });
});
