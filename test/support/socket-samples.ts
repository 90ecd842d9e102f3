import type { RecordView } from "../../core/api/record.ts";
import { idOf } from "./dashboard-samples.ts";
import { answered, asked, at, body, done } from "./exchange-samples.ts";

/** Two WebSockets to one path, made up: their messages overlap with each other and a request. */

const ALLOWED = { verdict: "allow", rules: ["engineers"], message: null };

/** A message of the client's as it is recorded, up to what was decided. */
export const said = (
  ms: number,
  command: number,
  opening: number | null,
  text: string,
  decision: RecordView["fact"] = ALLOWED,
): RecordView[] => [
  at(ms, command, "command", {
    shown: `MESSAGE /feed\n${text}`,
    operations: ["websocket"],
    objects: ["/feed"],
    ...(opening !== null && { opening }),
  }),
  at(ms, command, "decision", decision),
];

export const delivered = (ms: number, command: number): RecordView => done(ms, command, "sent");

export const switched = (ms: number, command: number): RecordView =>
  at(ms, command, "response", {
    status: 101,
    coding: null,
    headers: [["sec-websocket-protocol", "feed.1"]],
  });

export const HELD = { verdict: "review", rules: ["large"], message: "A lead looks." };
export const REVIEW = idOf("rev", 5);

const note = (ms: number, command: number, message: string, more = {}): RecordView =>
  at(ms, command, "note", { message, ...more });

const RECORDS: readonly RecordView[] = [
  at(0, 0, "opened", {
    principal: "Ada",
    resource: "billing-api",
    protocol: "http",
    policy: idOf("pol", 1),
  }),
  ...asked(100, 1, "GET /feed?room=a"),
  switched(120, 1),
  body(130, 1, '{"id":1,"card_number":"[redacted]"}'),
  ...asked(140, 2, "GET /customers/7"),
  answered(150, 2, 200, "application/json"),
  body(151, 2, '{"id":7}'),
  done(152, 2, "200"),
  ...asked(200, 3, "GET /feed?room=b"),
  switched(210, 3),
  ...said(300, 4, 1, '{"amount":5}'),
  delivered(300, 4),
  ...said(310, 5, 3, "hello \u202e<b>you</b>"),
  delivered(310, 5),
  body(320, 3, "hello back"),
  note(400, 6, "Masked on its way in by cards."),
  ...said(400, 6, 1, '{"card_number":"[redacted]"}'),
  delivered(400, 6),
  ...said(500, 7, 1, '{"amount":5000}', HELD),
  body(900, 1, Uint8Array.of(0x89, 0x50, 0, 1)),
  at(3_500, 7, "settled", { verdict: "approved", review: REVIEW, by: ["Rui"], message: null }),
  delivered(3_500, 7),
  body(3_600, 1, '{"paid":true}'),
  ...said(3_700, 8, 3, "drop", { verdict: "block", rules: ["no-drop"], message: "Not here." }),
  note(3_700, 3, "Not here."),
  at(3_700, 3, "completed", { tag: "closed with 1008", rows: 0, masked: [], findings: [] }),
  note(3_800, 9, "Refused unread: A name stands twice.", { opening: 1 }),
  note(3_800, 1, "A name stands twice."),
  at(3_800, 1, "completed", {
    tag: "closed with 1008",
    rows: 0,
    masked: [{ rule: "cards", cells: 1 }],
    findings: [{ kind: "email", count: 2 }],
  }),
];

const numbered = (records: readonly RecordView[]): readonly RecordView[] =>
  records.map((record, index) => ({ ...record, seq: index + 1 }));

export const SOCKET_RECORDS = numbered(RECORDS);

/** As they were recorded before messages said which WebSocket they are on. */
export const OLD_SOCKET_RECORDS = numbered(
  RECORDS.map((record) => {
    const { opening: _, ...fact } = record.fact;
    return { ...record, fact };
  }),
);
