import { expect, it } from "vitest";
import { exchangeSentence } from "../../cli/replay/exchanges.ts";
import { replay } from "../../cli/replay/replay.ts";
import type { RecordView } from "../../core/api/record.ts";
import { answered, asked, at, body, EXCHANGE_RECORDS } from "../support/exchange-samples.ts";

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
  const found = { tag: "200", masked: [], findings: [{ kind: "email", count: 4 }] };
  expect(exchangeSentence(at(1, 1, "completed", found))).toBe("#1 completed: 200, 4 values masked");
  expect(lines.some((said) => said.startsWith('#3 POST /payments {"customer_id":7'))).toBe(true);
});
