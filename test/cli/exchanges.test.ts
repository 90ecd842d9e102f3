import { expect, it } from "vitest";
import { exchangeSentence } from "../../cli/replay/exchanges.ts";
import { replay } from "../../cli/replay/replay.ts";
import type { RecordView } from "../../core/api/record.ts";
import { answered, asked, at, body, EXCHANGE_RECORDS } from "../support/exchange-samples.ts";
import { OLD_SOCKET_RECORDS, SOCKET_RECORDS, switched } from "../support/socket-samples.ts";

async function played(records: readonly RecordView[]): Promise<string> {
  async function* given() {
    yield* records;
  }
  let text = "";
  for await (const moment of replay(given(), { speed: 1, wait: false })) text += moment.text;
  return text;
}

const OPENED = at(0, 0, "opened", { principal: "Ada", resource: "billing-api", protocol: "http" });
const RECORDS = [OPENED, ...EXCHANGE_RECORDS.slice(1)];

it("a replay tells exchanges apart, and shows each answer once it is over", async () => {
  const text = await played(RECORDS);
  expect(text).toContain(
    [
      "09:30:00.100 #1 > GET /customers/7?full=1",
      "09:30:00.110 #2 > GET /events",
      "09:30:00.120 #1 < 200 application/json",
      "09:30:00.130 #2 < 200 text/event-stream",
      // A stream is shown as it comes.
      "09:30:00.131 #2",
      "id: 1",
      "event: payment",
      'data: {"id":1,"card_number":"****"}',
      "{",
      '  "id": 7,',
    ].join("\n"),
  );
  expect(text).toContain("09:30:00.141 #1 over: 200, 157 bytes, 2 values masked, 41 ms\n");
  expect(text).toContain('#3 > POST /payments\n{\n  "customer_id": 7,');
  expect(text).toContain("#3 review by large (A lead looks.)");
  expect(text).toContain('#4 < 403 application/problem+json\n{\n  "title": "blocked",');
  expect(text).toContain("#2 over: 200, left, 174 bytes, 3 values masked");
  // Unpacked by this machine.
  expect(text).toContain('#6 < 200 application/json\n{\n  "items": [');
  expect(text).toContain("(8 bytes that are no text)");
  expect(text).toContain("#8 Refused unread: The path holds an encoded slash.");
  expect(text).toContain("#9 failed: 502, said upstream");
});

it("a replay shows the messages of each WebSocket as they come, and how it ended", async () => {
  const text = await played(SOCKET_RECORDS);
  expect(text).toContain(
    [
      "09:30:00.120 #1 < 101",
      "09:30:00.130 #1 <",
      "{",
      '  "id": 1,',
      '  "card_number": "[redacted]"',
      "}",
    ].join("\n"),
  );
  expect(text).toContain('09:30:00.300 #4 in #1 >\n{\n  "amount": 5\n}\n');
  expect(text).toContain("#5 in #3 >\nhello \\u{202e}<b>you</b>\n09:30:00.320 #3 <\nhello back\n");
  expect(text).toContain("#6 Masked on its way in by cards.\n");
  expect(text).toContain(
    "#7 review by large (A lead looks.)\n09:30:00.900 #1 <\n(4 bytes that are",
  );
  expect(text).toContain("#7 settled: approved by Rui\n");
  expect(text).toContain("#8 block by no-drop (Not here.)\n");
  expect(text).toContain("#3 over: closed with 1008, messages: 1 sent, 1 received, 10 bytes, ");
  expect(text).toContain("#9 in #1 Refused unread: A name stands twice.\n");
  const counts = "messages: 3 sent, 3 received, 52 bytes, 3 values masked, 3700 ms\n";
  expect(text).toContain(`#1 over: closed with 1008, ${counts}`);
  expect(text).not.toMatch(/#[4-9] over/);
  expect(SOCKET_RECORDS.map(exchangeSentence)).toContain('#4 in #1 MESSAGE /feed {"amount":5}');
});

it("a replay shows messages that do not say which WebSocket they are on", async () => {
  const text = await played(OLD_SOCKET_RECORDS);
  expect(text).toContain('#4 > MESSAGE /feed\n{\n  "amount": 5\n}\n');
  expect(text).toContain("#4 over: sent, 0 bytes, 0 ms\n");
  expect(text).toContain("#3 over: closed with 1008, messages: 1 received, 10 bytes, ");
});

it("a long message is cut, and a replay says by how much", async () => {
  const long = body(2, 1, "x".repeat(300 * 1024));
  const text = await played([OPENED, ...asked(0, 1, "GET /feed"), switched(1, 1), long]);
  expect(text).toMatch(/x\n\(45056 bytes more: sluice sessions export has all\)\n$/);
});

it("what is recorded steers no terminal", async () => {
  const text = await played([
    OPENED,
    ...asked(1, 1, "GET /a"),
    answered(2, 1, 200, "text/plain"),
    body(3, 1, "\u001b[2J\u202eevil\n"),
    at(4, 1, "completed", { tag: "200\u001b[31m", masked: [] }),
  ]);
  expect(text).toContain("\\x1b[2J\\u{202e}evil\n");
  for (const steering of ["\u001b", "\u202e"]) expect(text).not.toContain(steering);
});

it("a body that is under way at the end is shown as far as it goes", async () => {
  const text = await played([
    OPENED,
    ...asked(1, 1, "GET /a"),
    answered(2, 1, 200, "application/json"),
    body(3, 1, '{"a": [1,'),
  ]);
  expect(text.endsWith('{\n  "a": [\n    1\n')).toBe(true);
});

it("a timeline has a line for each record, with the exchange that it is of", () => {
  const lines = RECORDS.map(exchangeSentence).filter((said) => said !== null);
  expect(lines.slice(0, 5)).toEqual([
    "opened by Ada on billing-api",
    "#1 GET /customers/7?full=1",
    "#1 allow by engineers",
    "#2 GET /events",
    "#2 allow by engineers",
  ]);
  expect(lines).toContain("#1 answer 200: content-type: application/json, x-request-id: r-7\u202e");
  expect(lines).toContain("#1 completed: 200, 2 values masked");
  const found = (count: number) =>
    at(1, 1, "completed", { tag: "200", masked: [], findings: [{ kind: "email", count }] });
  expect(exchangeSentence(found(4))).toBe("#1 completed: 200, 4 values masked");
  expect(exchangeSentence(found(1))).toBe("#1 completed: 200, 1 value masked");
  expect(lines.some((said) => said.startsWith('#3 POST /payments {"customer_id":7'))).toBe(true);
});
