import { toInstant } from "../../core/api/common.ts";
import type { Me } from "../../core/api/me.ts";
import type { RecordView } from "../../core/api/record.ts";
import type { ResourceView } from "../../core/api/resource.ts";
import type { ReviewView } from "../../core/api/review.ts";
import type { ApiTokenView } from "../../core/api/token.ts";
import type { SessionView } from "../../core/api/session.ts";
import { base64, concat } from "../../core/bytes.ts";
import { columns, message, READY, row, tag } from "../cli/wire.ts";

/** What a browser may be shown, made up. */

export const idOf = <K extends string>(kind: K, number: number): `${K}_${string}` =>
  `${kind}_${String(number).padStart(26, "0")}`;

const minute = 60_000;
const ago = (minutes: number): string => toInstant(Date.now() - minutes * minute);

export type SeenReview = ReviewView & { readonly mayVote: boolean };

export const aReview = (number: number, more: Partial<SeenReview> = {}): SeenReview => ({
  id: idOf("rev", number),
  state: "pending",
  session: idOf("ses", 1),
  resource: "shop-db",
  principal: "Ada",
  onBehalfOf: null,
  shown: "DELETE FROM customers",
  operations: ["delete"],
  objects: ["public.customers"],
  masked: [],
  parameters: [],
  unbounded: true,
  risks: [],
  rules: ["change-everything"],
  message: "This changes every row: a lead has to look.",
  reason: null,
  ticket: null,
  reviewers: ["leads"],
  approvalsNeeded: 1,
  votes: [],
  signIn: null,
  digest: "5e".repeat(32),
  holdsLocks: false,
  estimate: { rows: 48_210, cost: 812.5, scans: ["Seq Scan on customers"] },
  access: null,
  askedAt: ago(1),
  expiresAt: ago(-14),
  settledAt: null,
  mayVote: true,
  ...more,
});

export const REVIEWS: readonly SeenReview[] = [
  aReview(1, {
    onBehalfOf: "Grace",
    principal: "deploy-bot",
    shown:
      "WITH gone AS (\n  DELETE FROM payments WHERE paid_at < $1 RETURNING customer_id\n)\n" +
      "UPDATE customers SET note = '…' -- tidy\u202e up\u200b\nFROM gone",
    operations: ["delete", "select", "update"],
    objects: ["public.customers", "public.payments"],
    masked: ["public.customers.email"],
    parameters: [{ position: 1, type: "date", shown: "2020-01-01" }],
    risks: ["writes inside a CTE"],
    reason: "Remove payments of 2019",
    ticket: "SHOP-214",
    approvalsNeeded: 2,
    votes: [{ by: "Lea", verdict: "approve", comment: "Fine by me.", at: ago(0.5) }],
    holdsLocks: true,
    estimate: { none: "It has parameters, which this server cannot plan without their values." },
  }),
  aReview(2, { principal: "Rui", mayVote: false, expiresAt: ago(-0.7) }),
  aReview(3, {
    state: "approved",
    settledAt: ago(90),
    mayVote: false,
    votes: [{ by: "Rui", verdict: "approve", comment: null, at: ago(90) }],
  }),
  aReview(4, { state: "expired", settledAt: ago(60 * 30), mayVote: false }),
];

export const aSession = (number: number, more: Partial<SessionView> = {}): SessionView => ({
  id: idOf("ses", number),
  state: "ended",
  principal: { id: "sub-ada", name: "Ada", kind: "person" },
  onBehalfOf: null,
  resource: { id: idOf("res", 1), name: "shop-db", type: "postgres" },
  policy: idOf("pol", 1),
  recording: "full",
  reason: "Look into a refund",
  ticket: "SHOP-214",
  openedAt: ago(60 * number),
  endsAt: null,
  endedAt: ago(60 * number - 20),
  endCode: "closed",
  endMessage: "The client closed the connection.",
  commands: number,
  ...more,
});

const LIVE = { state: "live", endedAt: null, endCode: null, endMessage: null } as const;

/** More than a page holds, newest first. */
export const SESSIONS: readonly SessionView[] = [
  aSession(1, { ...LIVE, commands: null, endsAt: ago(-400) }),
  ...Array.from({ length: 59 }, (_, index) => aSession(index + 2)),
];

export const RECORDS: readonly RecordView[] = [
  fact(0, "opened", { principal: "Ada", resource: "shop-db", policy: idOf("pol", 1) }),
  fact(0, "login", { server: "18.4", client: "psql" }),
  fact(1, "command", {
    shown: "SELECT name, email FROM customers LIMIT 3",
    operations: ["select"],
  }),
  fact(1, "decision", { verdict: "allow", rules: ["engineers"], message: null }),
  fact(1, "completed", {
    tag: "SELECT 3",
    rows: 3,
    masked: [{ rule: "pii", cells: 3 }],
    findings: [],
  }),
  sent(
    columns("name", "email", "note"),
    row("Zoë <script>alert(1)</script>", "z…@example.org", "\u202eevil\u001b[2J"),
    row("Greta Ueda", "g…@example.org", null),
    row("Ali", "[redacted]", `{"address": "${"Long Lane ".repeat(20)}"}`),
    tag("SELECT 3"),
    READY,
  ),
  fact(2, "command", { shown: "DROP TABLE orders", operations: ["drop"] }),
  fact(2, "decision", {
    verdict: "block",
    rules: ["no-drop"],
    message: "Dropping is not allowed.",
  }),
  fact(2, "failed", { sqlstate: "42501", from: "sluice" }),
  sent(message("E", "SERROR\0C42501\0MDropping is not allowed.\0\0"), READY),
  fact(3, "command", { shown: "DELETE FROM payments", operations: ["delete"] }),
  fact(3, "decision", {
    verdict: "review",
    rules: ["change-everything"],
    message: "A lead looks.",
  }),
  fact(3, "settled", { verdict: "approved", review: idOf("rev", 3), by: ["Rui"], message: null }),
  fact(3, "completed", { tag: "DELETE 12", rows: 12, masked: [], findings: [] }),
  sent(tag("DELETE 12"), READY),
].map((record, index) => ({ ...record, seq: index + 1 }));

export function fact(command: number, kind: string, more: RecordView["fact"]): RecordView {
  return { seq: 0, at: ago(10), command, kind, fact: more };
}

/** Bytes to the client. */
export function sent(...messages: Uint8Array[]): RecordView {
  return fact(0, "toClient", { bytes: base64(concat(messages)) });
}

export const RESOURCES: readonly ResourceView[] = [
  {
    id: idOf("res", 1),
    name: "shop-db",
    type: "postgres",
    database: "shop",
    url: null,
    labels: { env: "demo" },
    state: "open",
    access: ["read", "write"],
    grants: ["engineers"],
    why: "engineers lets you read, write.",
    mayAsk: [],
    endsAt: ago(-480),
  },
  {
    id: idOf("res", 2),
    name: "pay-db",
    type: "postgres",
    database: "pay",
    url: null,
    labels: { env: "prod" },
    state: "request",
    access: ["read"],
    grants: ["on-call"],
    why: "You may ask for it by on-call.",
    mayAsk: [
      {
        grant: "on-call",
        access: ["read"],
        hours: 1,
        reasonRequired: true,
        reviewers: ["leads"],
      },
    ],
    endsAt: null,
  },
];

export const ME: Me = {
  id: "sub-rui",
  name: "Rui",
  kind: "person",
  groups: ["leads", "admins"],
  roles: ["reviewer", "admin"],
  groupsReadAt: ago(1),
  expiresAt: ago(-60),
};

export const aToken = (number: number, more: Partial<ApiTokenView> = {}): ApiTokenView => ({
  id: idOf("slt", number),
  name: `nightly-${number}`,
  owner: { id: ME.id, name: ME.name },
  scopes: ["sessions:read", "audit:read"],
  createdAt: ago(3 * 24 * 60),
  expiresAt: ago(-27 * 24 * 60),
  lastUsedAt: ago(12),
  revokedAt: null,
  ...more,
});

export const TOKENS: readonly ApiTokenView[] = [
  aToken(3, { name: "siem-export", lastUsedAt: null }),
  aToken(2, { owner: { id: "max", name: "Max" }, scopes: ["policy:read", "policy:write"] }),
  aToken(1, { revokedAt: ago(60) }),
];
