import { pageOf } from "../common.ts";
import { exactBody, exactCommands } from "../exact.ts";
import { manifest, records, recordsQuery } from "../record.ts";
import { killBody, session, sessionsQuery } from "../session.ts";
import type { Route } from "../route.ts";

/** Sessions and their recordings. */
export const SESSIONS_ROUTES = {
  sessions: {
    method: "GET",
    path: "/api/sessions",
    summary: "List your sessions, newest first; as an auditor or admin, everybody's.",
    roles: ["signed-in"],
    scope: "sessions:read",
    query: sessionsQuery,
    answer: pageOf(session),
  },
  session: {
    method: "GET",
    path: "/api/sessions/:id",
    summary: "Read one session.",
    roles: ["owner", "auditor", "admin"],
    scope: "sessions:read",
    answer: session,
  },
  records: {
    method: "GET",
    path: "/api/sessions/:id/records",
    summary: "Read a recording, as the client saw it. It stands in the audit trail.",
    roles: ["owner", "auditor", "admin"],
    scope: "sessions:read",
    query: recordsQuery,
    answer: records,
  },
  manifest: {
    method: "GET",
    path: "/api/sessions/:id/recording",
    summary: "Read the header and every signed head of a recording, to check its chunks by.",
    roles: ["owner", "auditor", "admin"],
    scope: "sessions:read",
    answer: manifest,
  },
  exact: {
    method: "POST",
    path: "/api/sessions/:id/exact",
    summary: "Open what was typed, to the letter, as one of the groups that the policy names.",
    roles: ["owner", "auditor", "admin"],
    scope: "person",
    body: exactBody,
    safe: true,
    answer: exactCommands,
  },
  kill: {
    method: "POST",
    path: "/api/sessions/:id/kill",
    summary: "End a live session at once.",
    roles: ["owner", "admin"],
    scope: "person",
    body: killBody,
    answer: session,
    problems: ["conflict"],
  },
} as const satisfies Readonly<Record<string, Route>>;
