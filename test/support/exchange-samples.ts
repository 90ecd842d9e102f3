import { gzipSync } from "node:zlib";
import type { RecordView } from "../../core/api/record.ts";
import { base64, utf8 } from "../../core/bytes.ts";
import { aReview, aSession, idOf, type SeenReview } from "./dashboard-samples.ts";

/** A session of requests, made up: its exchanges overlap. */

export const HTTP_SESSION = aSession(1, {
  resource: { id: idOf("res", 3), name: "billing-api", type: "http" },
  commands: 9,
});

const begun = Date.UTC(2026, 10, 25, 9, 30);

/** A record of that command, so many milliseconds after the session's beginning. */
export const at = (
  milliseconds: number,
  command: number,
  kind: string,
  fact: RecordView["fact"],
): RecordView => ({
  seq: 0,
  at: new Date(begun + milliseconds).toISOString(),
  command,
  kind,
  fact,
});

const ALLOWED = { verdict: "allow", rules: ["engineers"], message: null };

/** What was asked, and that it may go. */
export const asked = (ms: number, command: number, shown: string): RecordView[] => [
  at(ms, command, "command", { shown, operations: ["get"], objects: ["/"] }),
  at(ms, command, "decision", ALLOWED),
];

export const answered = (
  ms: number,
  command: number,
  status: number,
  type: string | null,
  coding: string | null = null,
): RecordView =>
  at(ms, command, "response", {
    status,
    coding,
    headers: [
      ...(type === null ? [] : [["content-type", type]]),
      ["x-request-id", "r-7\u202e"],
      ...(coding === null ? [] : [["content-encoding", coding]]),
    ],
  });

export const body = (ms: number, command: number, bytes: Uint8Array | string): RecordView =>
  at(ms, command, "toClient", { bytes: base64(typeof bytes === "string" ? utf8(bytes) : bytes) });

export const done = (ms: number, command: number, tag: string, cells = 0): RecordView =>
  at(ms, command, "completed", {
    tag,
    rows: 0,
    masked: cells === 0 ? [] : [{ rule: "pii", cells }],
    findings: [],
  });

const CUSTOMER =
  '{"id":7,"name":"Zoë <script>alert(1)</script>","email":"[redacted]",' +
  '"cards":[{"card_number":"************4242","limit":1.50}],"tags":[],"note":"\\u202eevil"}';

const TOTALS = Array.from({ length: 240 }, (_, n) => `{"id":${n},"total":${n}.00}`);
const ITEMS = `{"items":[${TOTALS.join(",")}]}`;

export const EVENTS = [0, 1, 2].map(
  (n) => `id: ${n + 1}\nevent: payment\ndata: {"id":${n + 1},"card_number":"****"}\n\n`,
);

const PAYMENT = 'POST /payments\n{"customer_id":7,"payment_amount":5000,"currency":"EUR"}';

const EXCHANGES: readonly RecordView[] = [
  at(0, 0, "opened", { principal: "Ada", resource: "billing-api", policy: idOf("pol", 1) }),
  ...asked(100, 1, "GET /customers/7?full=1"),
  // The second begins while the first is being answered.
  ...asked(110, 2, "GET /events"),
  answered(120, 1, 200, "application/json"),
  body(121, 1, CUSTOMER.slice(0, 40)),
  answered(130, 2, 200, "text/event-stream"),
  body(131, 2, EVENTS[0] ?? ""),
  body(140, 1, CUSTOMER.slice(40)),
  done(141, 1, "200", 2),
  body(900, 2, EVENTS[1] ?? ""),
  at(1_000, 3, "command", { shown: PAYMENT, operations: ["post"], objects: ["/payments"] }),
  at(1_000, 3, "decision", { verdict: "review", rules: ["large"], message: "A lead looks." }),
  at(4_000, 3, "settled", {
    verdict: "approved",
    review: idOf("rev", 5),
    by: ["Rui"],
    message: null,
  }),
  answered(4_030, 3, 201, "application/json"),
  body(4_031, 3, '{"id":61}'),
  done(4_032, 3, "201"),
  at(4_100, 4, "command", { shown: "DELETE /payments/61", operations: ["delete"], objects: [] }),
  at(4_100, 4, "decision", { verdict: "block", rules: ["no-delete"], message: "Not here." }),
  answered(4_100, 4, 403, "application/problem+json"),
  body(4_100, 4, '{"title":"blocked","status":403}'),
  body(4_200, 2, EVENTS[2] ?? ""),
  done(4_300, 2, "left", 3),
  ...asked(4_400, 5, "GET /export/customers.csv"),
  answered(4_410, 5, 200, "text/csv"),
  body(4_411, 5, 'id,name,email\r\n1,"Ueda, Greta",[redacted]\r\n2,Ali,[redacted]\r\n'),
  done(4_412, 5, "200", 2),
  ...asked(4_500, 6, "GET /report"),
  answered(4_510, 6, 200, "application/json", "gzip"),
  body(4_511, 6, gzipSync(ITEMS)),
  done(4_512, 6, "200"),
  ...asked(4_600, 7, "GET /logo.png"),
  answered(4_610, 7, 200, "image/png"),
  body(4_611, 7, Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3)),
  done(4_612, 7, "200"),
  at(4_700, 8, "note", { message: "Refused unread: The path holds an encoded slash." }),
  answered(4_700, 8, 400, "application/problem+json"),
  body(4_700, 8, '{"title":"bad request","status":400}'),
  ...asked(4_800, 9, "GET /healthz"),
  at(4_900, 9, "failed", { sqlstate: "502", from: "upstream" }),
  answered(4_900, 9, 502, "application/problem+json"),
  body(4_900, 9, '{"title":"unreachable","status":502}'),
];

export const EXCHANGE_RECORDS: readonly RecordView[] = EXCHANGES.map((record, index) => ({
  ...record,
  seq: index + 1,
}));

/** A held request. */
export const HELD_REQUEST: SeenReview = aReview(5, {
  resource: "billing-api",
  shown: PAYMENT,
  operations: ["post"],
  objects: ["/payments"],
  unbounded: false,
  rules: ["large"],
  message: "Payments over 1,000 wait for a lead.",
  estimate: null,
});
