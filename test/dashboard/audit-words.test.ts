import { describe, expect, it, test } from "vitest";
import type { AuditEventView } from "../../core/api/audit.ts";
import { ACTIONS, eventInWords, subjectOf } from "../../dashboard/src/audit-words.ts";
import { idOf } from "../support/dashboard-samples.ts";

const event = (action: string, subject = "it", detail: AuditEventView["detail"] = {}) => ({
  id: "aud_1",
  at: "2026-11-25T12:00:00.000Z",
  actor: null,
  action,
  subject,
  outcome: "done" as const,
  detail,
});

describe("an event of the audit trail, in words", () => {
  it.each<[string, string, AuditEventView["detail"], string]>([
    [
      "session.open",
      idOf("ses", 1),
      { resource: "shop-db", policy: "pol_1" },
      "opened a session on shop-db under pol_1",
    ],
    ["policy.apply", "pol_2", { before: null }, "put a policy in force"],
    ["policy.apply", "pol_2", { before: "pol_1" }, "put a policy in force after pol_1"],
    ["sign-in.ended", "tok_1", { why: "token-reused" }, "had a sign-in ended: token-reused"],
    ["sign-in.revoke", "tok_1", { principal: "s", name: "Ada" }, "revoked a sign-in of Ada"],
    ["host.sign-in", "tok_1", { resource: "pages" }, "signed in on the host of pages"],
    [
      "host.sign-out",
      "tok_1",
      { resource: "pages", why: "signed-out" },
      "was signed out on the host of pages: signed-out",
    ],
    [
      "groups.changed",
      "ada",
      { groups: "leads", sessions: 2 },
      "came back with other groups (leads), which ended sessions: 2",
    ],
    ["groups.changed", "ada", { groups: "", sessions: 0 }, "came back with other groups (none)"],
    [
      "access.request",
      "rev_1",
      { grant: "on-call", resource: "shop-db", hours: 1 },
      "asked for on-call on shop-db for hours: 1",
    ],
    [
      "recording.unseal",
      "ses_1",
      { from: 4, reason: "a refund" },
      "opened the exact texts of a recording from record 4: a refund",
    ],
    ["people.read", "everybody", { reads: "list" }, "looked at the list of people"],
    ["people.read", "ada", { reads: "sign-ins" }, "looked at the sign-ins of ada"],
    [
      "api.denied",
      "GET /api/policy",
      { code: "forbidden" },
      "was refused GET /api/policy: forbidden",
    ],
    ["something.newer", "than this page", {}, "something.newer than this page"],
    ["toString", "of an object", {}, "toString of an object"],
  ])("%s", (action, subject, detail, words) => {
    expect(eventInWords(event(action, subject, detail))).toBe(words);
  });

  it("is a whole sentence for each action, whatever its detail lacks", () => {
    for (const action of ACTIONS) {
      expect(eventInWords(event(action))).not.toMatch(/undefined|null|NaN|: ?$/);
    }
  });
});

test("an event leads to the page of what it is about, where there is one", () => {
  expect(subjectOf(event("x", idOf("ses", 1))).is).toBe("session");
  expect(subjectOf(event("x", idOf("rev", 1))).is).toBe("review");
  for (const text of ["shop-db", "GET /api/sessions/ses_1", `${idOf("ses", 1)}/../x`]) {
    expect(subjectOf(event("x", text))).toEqual({ is: "text", id: text });
  }
});
