import { describe, expect, test } from "vitest";
import { base64, utf8 } from "../../../../core/bytes.ts";
import {
  curlOf,
  exchangeOf,
  isSocket,
  openingsIn,
  requestOf,
  type SeenRecord,
  statusInWords,
} from "../../../../core/protocols/http/seen.ts";
import { hexDump, lookOf } from "../../../../core/protocols/http/seen-body.ts";
import { jsonTree, laidOut } from "../../../../core/protocols/http/seen-json.ts";

/** Records of one command, so many milliseconds after the first. */
const records = (...all: (readonly [ms: number, kind: string, fact: object])[]): SeenRecord[] =>
  all.map(([ms, kind, fact], index) => ({
    seq: index + 1,
    at: new Date(Date.UTC(2026, 10, 25) + ms).toISOString(),
    command: 3,
    kind,
    fact: { ...fact },
  }));

const COMMAND = [0, "command", { shown: 'POST /payments?x=1\n{"payment_amount": 5}' }] as const;
const ALLOWED = [0, "decision", { verdict: "allow", rules: ["engineers"] }] as const;
const HEADERS = [
  ["content-type", "application/json"],
  ["x-request", "7"],
];
const response = (ms: number, more: object = {}) =>
  [ms, "response", { status: 201, headers: HEADERS, coding: null, ...more }] as const;
const bytes = (ms: number, text: string) =>
  [ms, "toClient", { bytes: base64(utf8(text)) }] as const;
const completed = (ms: number, tag = "201") =>
  [
    ms,
    "completed",
    {
      tag,
      masked: [
        { rule: "pii", cells: 2 },
        { rule: "pay", cells: 1 },
      ],
      findings: [{ kind: "email", count: 4 }],
    },
  ] as const;

describe("an exchange", () => {
  test("is its request, its answer, and how long both took", () => {
    const seen = exchangeOf(
      records(COMMAND, ALLOWED, response(20), bytes(25, '{"id":'), bytes(60, "1}"), completed(61)),
    );
    expect(seen).toMatchObject({ command: 3, seq: 1, end: "whole", bytes: 8, maskedValues: 7 });
    expect(seen.found).toEqual([{ kind: "email", count: 4 }]);
    expect(seen.request).toEqual({
      method: "POST",
      target: "/payments?x=1",
      body: '{"payment_amount": 5}',
      told: null,
    });
    expect(seen.response).toMatchObject({ status: 201, type: "application/json", coding: null });
    expect([seen.firstMs, seen.wholeMs]).toEqual([20, 61]);
    expect(statusInWords(seen)).toBe("201");
  });

  test("that waited for people is timed from their answer on", () => {
    const held = [0, "decision", { verdict: "review", rules: ["large"] }] as const;
    const approved = [9_000, "settled", { verdict: "approved", by: ["Rui"] }] as const;
    const seen = exchangeOf(records(COMMAND, held, approved, response(9_020), completed(9_030)));
    expect([seen.firstMs, seen.wholeMs]).toEqual([20, 30]);
    expect(statusInWords(exchangeOf(records(COMMAND, held)))).toBe("under way");
  });

  test("that the gateway answered itself is over at once", () => {
    const blocked = [0, "decision", { verdict: "block", rules: ["no"] }] as const;
    const seen = exchangeOf(records(COMMAND, blocked, response(0, { status: 403 })));
    expect([seen.end, statusInWords(seen)]).toEqual(["whole", "403"]);
  });

  test("that was refused unread has no request", () => {
    const note = [0, "note", { message: "Refused unread: The address holds NUL." }] as const;
    const seen = exchangeOf(records(note, response(0, { status: 400 }), bytes(0, "{}")));
    expect(seen).toMatchObject({ request: null, end: "whole", bytes: 2 });
    expect(seen.notes).toEqual(["Refused unread: The address holds NUL."]);
  });

  test("says how it ended, where it was not to its end", () => {
    const sent = [COMMAND, ALLOWED, response(1), bytes(2, "ab")] as const;
    const end = (...more: (readonly [number, string, object])[]) =>
      statusInWords(exchangeOf(records(...sent, ...more)));
    expect(end()).toBe("201, under way");
    expect(end(completed(3, "left"))).toBe("201, left");
    expect(end([3, "failed", { sqlstate: "502" }], completed(3, "broken off"))).toBe(
      "201, broken off",
    );
    expect(
      statusInWords(
        exchangeOf(
          records(
            COMMAND,
            ALLOWED,
            [2, "failed", {}],
            response(2, { status: 502 }),
            bytes(2, "{}"),
          ),
        ),
      ),
    ).toBe("502");
    const away = [5, "settled", { verdict: "withdrawn", by: [] }] as const;
    const held = [0, "decision", { verdict: "review" }] as const;
    expect(statusInWords(exchangeOf(records(COMMAND, held, away)))).toBe("no answer, left");
  });

  test("that opened a WebSocket says how that ended, and a message what opened its own", () => {
    const opened = [COMMAND, ALLOWED, response(20, { status: 101, headers: [] })] as const;
    const socket = (...more: (readonly [number, string, object])[]) =>
      exchangeOf(records(...opened, bytes(25, "a"), ...more));
    expect([isSocket(socket()), statusInWords(socket())]).toEqual([true, "open"]);
    const closed = socket([80, "note", {}], completed(90, "closed with 1000"));
    expect([statusInWords(closed), closed.wholeMs]).toEqual(["closed with 1000", 90]);
    const message = [0, "command", { shown: "MESSAGE /feed\na", opening: 2 }] as const;
    const lies = [0, "command", { shown: "MESSAGE /feed\na", opening: 3 }] as const;
    expect([...openingsIn(records(COMMAND, message, ALLOWED))]).toEqual([[3, 2]]);
    expect([...openingsIn(records(COMMAND, ALLOWED, lies))]).toEqual([]);
    expect(isSocket(exchangeOf(records(COMMAND, response(1))))).toBe(false);
  });

  test("knows a coding that the recording does not name, and none that was taken off", () => {
    const coding = (recorded: string | null, header: string) =>
      exchangeOf(
        records(
          COMMAND,
          response(1, { coding: recorded, headers: [["content-encoding", header]] }),
        ),
      ).response?.coding;
    expect([coding("gzip", "gzip"), coding(null, "gzip"), coding(null, "zstd")]).toEqual([
      "gzip",
      null,
      "zstd",
    ]);
  });

  test("of records that lie is strange, and no exception", () => {
    const seen = exchangeOf(
      records(
        [0, "command", {}],
        [0, "response", { status: "x", headers: [1, ["a"]] }],
        [0, "toClient", { bytes: 5 }],
        [0, "completed", { masked: [{}], tag: 1 }],
      ),
    );
    expect(seen).toMatchObject({ end: "whole", bytes: 0, maskedValues: 0 });
    expect(exchangeOf([])).toMatchObject({ request: null, end: "under way" });
  });
});

describe("a shown request", () => {
  test("of a body that is only told of says so", () => {
    expect(requestOf("PUT /files/1\n(5000000 bytes)")).toMatchObject({ told: "5000000 bytes" });
    expect(requestOf("PUT /x\n(a body that streams)").told).toBe("a body that streams");
    expect(requestOf("GET /customers/7")).toMatchObject({ method: "GET", body: "", told: null });
  });

  test("of another kind is a text", () => {
    expect(requestOf("message → {}")).toMatchObject({ method: "", target: "message → {}" });
  });

  test.for([
    [
      "GET /customers/7",
      'curl -H "Authorization: Bearer $SLUICE_TOKEN" https://g/http/b/customers/7',
    ],
    ["GET /a?b=c&d", `curl -H "Authorization: Bearer $SLUICE_TOKEN" 'https://g/http/b/a?b=c&d'`],
    ["HEAD /a", 'curl --head -H "Authorization: Bearer $SLUICE_TOKEN" https://g/http/b/a'],
    [
      'POST /p\n{"it\'s": 1}',
      `curl -X POST -H "Authorization: Bearer $SLUICE_TOKEN" -H 'Content-Type: application/json' ` +
        `--data-raw '{"it'\\''s": 1}' https://g/http/b/p`,
    ],
    [
      "DELETE /a?x=[1]",
      `curl --globoff -X DELETE -H "Authorization: Bearer $SLUICE_TOKEN" ` +
        `'https://g/http/b/a?x=[1]'`,
    ],
    ["POST /p\n(5 bytes)", null],
    ["POST /p\nab\u001b[2J", null],
    ["said", null],
  ] as const)("%j in a shell", ([shown, curl]) => {
    expect(curlOf(requestOf(shown), "https://g/http/b")).toBe(curl);
  });
});

const look = (type: string | null, text: string) => lookOf(type, utf8(text));

describe("a body", () => {
  test("of JSON is laid out, its values as they were written", () => {
    const seen = look(
      "application/problem+json; charset=utf-8",
      '{"a":[1.0,1e400,"\\u0041"],"a":{}}',
    );
    expect(seen.is).toBe("json");
    const text = seen.is === "json" ? laidOut(seen.json) : "";
    expect(text).toBe('{\n  "a": [\n    1.0,\n    1e400,\n    "\\u0041"\n  ],\n  "a": {}\n}');
  });

  test("that is no JSON though it says so is a text", () => {
    expect(look("application/json", "<b>no</b>")).toEqual({ is: "text", text: "<b>no</b>" });
    for (const wrong of ['{"a" 1}', "[1 2]", "{1:2}", "nul1", "[1]]", "01", '"a\nb"']) {
      expect(jsonTree(wrong), wrong).toBeNull();
    }
  });

  test("of JSON that is cut anywhere shows what there is of it", () => {
    const json = '{"a": [1.5, true, null, "x\\"y"], "b": {"c": -2e5}, "d": []}';
    const packed = (text: string) => text.replace(/\s+/g, "");
    for (let end = 1; end <= json.length; end++) {
      const tree = jsonTree(json.slice(0, end));
      expect(tree, json.slice(0, end)).not.toBeNull();
      const shown = packed(laidOut(tree as NonNullable<typeof tree>));
      // A comma or colon at the very end has nothing behind it yet.
      expect(shown.replace(/:$/, "")).toBe(packed(json.slice(0, end)).replace(/[,:]$/, ""));
    }
  });

  test("deeper than anybody reads is a text", () => {
    expect(look("application/json", "[".repeat(600)).is).toBe("text");
  });

  test("of lines is a value a line, of events an event each", () => {
    expect(look("application/x-ndjson", '{"a":1}\nno\n')).toMatchObject({
      of: 2,
      lines: [{}, "no"],
    });
    const stream = ": hello\n\nevent: paid\nid: 7\ndata: {\ndata: }\n\ndata:x\r\n\r\n";
    expect(look("text/event-stream", stream)).toEqual({
      is: "events",
      of: 3,
      events: [
        { name: "", id: "", data: "" },
        { name: "paid", id: "7", data: "{\n}" },
        { name: "", id: "", data: "x" },
      ],
    });
  });

  test("of CSV is a table where it is one, also where its last line is cut", () => {
    const csv = 'id,name\r\n1,"a ""b"", c"\r\n2,\r\n3';
    expect(look("text/csv", csv)).toEqual({
      is: "table",
      columns: ["id", "name"],
      rows: [
        ["1", 'a "b", c'],
        ["2", ""],
      ],
    });
    expect(look("text/csv", "a,b\n1\n2,3\n").is).toBe("text");
  });

  test("that says nothing of itself is what it can be", () => {
    expect(look(null, '{"a":1}').is).toBe("json");
    expect(look(null, "5").is).toBe("text");
    expect(lookOf(null, Uint8Array.of(0xff, 0)).is).toBe("bytes");
    expect(look("image/png", "abc").is).toBe("bytes");
    expect(look("text/html", "<script>alert(1)</script>").is).toBe("text");
  });

  test("is read by its charset, and a character that is cut is left out", () => {
    const latin = Uint8Array.of(0x5a, 0x6f, 0xeb);
    expect(lookOf("text/plain; charset=iso-8859-1", latin)).toEqual({ is: "text", text: "Zoë" });
    expect(lookOf("text/plain", utf8("Zoë").subarray(0, 3))).toEqual({ is: "text", text: "Zo" });
    expect(lookOf("text/plain; charset=none", utf8("Zoë"))).toEqual({ is: "text", text: "Zoë" });
  });

  test("of bytes is dumped as hexdump would", () => {
    expect(hexDump(utf8("Sluice\0and a line more"))).toBe(
      "000000  53 6c 75 69 63 65 00 61 6e 64 20 61 20 6c 69 6e  Sluice.and.a.lin\n" +
        `000010  65 20 6d 6f 72 65 ${" ".repeat(30)} e.more`,
    );
  });
});
