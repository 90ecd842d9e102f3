import type { AuditAction, AuditEventView } from "../../core/api/audit.ts";

type Detail = AuditEventView["detail"];
type Words = (subject: string, detail: Detail) => string;

const said = (value: Detail[string] | undefined): string =>
  value === null || value === undefined ? "" : String(value);

/** A part of a sentence where the detail has it, else nothing. */
const part = (before: string, value: Detail[string] | undefined): string =>
  said(value) === "" ? "" : `${before}${said(value)}`;

/** What the actor did, to go on after the name. */
const WORDS: Readonly<Record<AuditAction, Words>> = {
  "sign-in": () => "signed in",
  "sign-out": () => "signed out",
  "sign-in.ended": (_, { why }) => `had a sign-in ended${part(": ", why)}`,
  "sign-in.revoke": (_, { name }) => `revoked a sign-in${part(" of ", name)}`,
  "host.sign-in": (_, { resource }) => `signed in${part(" on the host of ", resource)}`,
  "host.sign-out": (_, { resource, why }) =>
    `was signed out${part(" on the host of ", resource)}${part(": ", why)}`,
  "groups.changed": (_, { groups, sessions }) =>
    `came back with other groups (${said(groups) || "none"})` +
    (Number(sessions ?? 0) === 0 ? "" : `, which ended sessions: ${said(sessions)}`),
  "service.exchange": () => "signed in as a service",
  "policy.apply": (_, { before }) => `put a policy in force${part(" after ", before)}`,
  "policy.rehearse": () => "rehearsed a policy over recorded commands",
  "secret.put": (subject) => `set the secret ${subject}`,
  "session.open": (_, { resource, policy }) =>
    `opened a session${part(" on ", resource)}${part(" under ", policy)}`,
  "session.kill": () => "ended a session",
  "review.approve": () => "approved a review",
  "review.reject": () => "rejected a review",
  "access.request": (_, { grant, resource, hours }) =>
    `asked for ${said(grant)}${part(" on ", resource)}${part(" for hours: ", hours)}`,
  "access.withdraw": (_, { grant, resource, principal }) =>
    `withdrew ${said(grant)}${part(" on ", resource)}${part(", asked for by ", principal)}`,
  "catalog.read": (subject) => `read the catalog of ${subject}`,
  "resource.check": (subject) => `checked whether ${subject} can be reached`,
  "recording.read": (_, { from }) => `read a recording${part(" from record ", from)}`,
  "recording.watch": (_, { from }) => `watched a live session${part(" from record ", from)}`,
  "recording.export": (_, { format }) => `exported a recording${part(" as ", format)}`,
  "recording.unseal": (_, { reason, from }) =>
    `opened the exact texts of a recording${part(" from record ", from)}${part(": ", reason)}`,
  "people.read": (subject, { reads }) =>
    reads === "list"
      ? "looked at the list of people"
      : `looked at the ${said(reads)} of ${subject}`,
  "result.read": (_, { resource }) => `fetched an answer that was kept${part(", of ", resource)}`,
  "result.delete": (_, { resource }) => `deleted an answer that was kept${part(", of ", resource)}`,
  "api-token.make": (_, { name }) => `made an API token${part(": ", name)}`,
  "api-token.revoke": (_, { why }) => `revoked an API token${part(": ", why)}`,
  "api.denied": (subject, { code }) => `was refused ${subject}${part(": ", code)}`,
};

export const ACTIONS = Object.keys(WORDS).toSorted();

/** "opened a session on shop-db under pol_1"; of what is newer than this page, its own names. */
export function eventInWords({ action, subject, detail }: AuditEventView): string {
  const words = Object.hasOwn(WORDS, action) ? WORDS[action as AuditAction] : null;
  return words === null ? `${action} ${subject}` : words(subject, detail);
}

export type Subject = { readonly is: "session" | "review" | "text"; readonly id: string };

/** What the event is about, and which page shows it. */
export function subjectOf({ subject }: AuditEventView): Subject {
  if (/^ses_[0-9a-v]{26}$/.test(subject)) return { is: "session", id: subject };
  if (/^rev_[0-9a-v]{26}$/.test(subject)) return { is: "review", id: subject };
  return { is: "text", id: subject };
}
