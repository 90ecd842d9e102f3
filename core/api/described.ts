import type { Role } from "../session.ts";
import type { RouteName } from "./routes.ts";

/** Parts of the description, in the order in which they are shown. */
export const TAGS = {
  "Signed in": "Who the caller is.",
  Resources: "What can be reached, and access to it just in time.",
  Reviews: "Held commands and requests for access.",
  Sessions: "Sessions and their recordings.",
  Policy: "The document that decides, and its versions.",
  Secrets: "Credentials of targets: set, never shown.",
  Audit: "What happened to the gateway itself.",
} as const;
export type Tag = keyof typeof TAGS;

/** What an API token can be made for. */
export const SCOPES = {
  "resources:read": "see what can be reached",
  "access:request": "ask for access, and withdraw it",
  "reviews:read": "see reviews",
  "sessions:read": "see sessions and their recordings",
  "sessions:end": "end sessions",
  "policy:read": "read the policy and its versions",
  "policy:write": "apply a policy",
  "secrets:write": "see which secrets are set, and set them",
  "audit:read": "read the audit trail",
} as const;
export type Scope = keyof typeof SCOPES;

export type Described = {
  readonly tag: Tag;
  /** One sentence without a full stop. */
  readonly summary: string;
  /**
   * `everybody` needs no sign-in; `signed-in` shows each caller what is hers to see; else one of
   * the roles.
   */
  readonly who: "everybody" | "signed-in" | readonly Role[];
  /** What an API token needs; null: only people and services that signed in. */
  readonly scope: Scope | null;
};

const signedIn = "signed-in";

/** Every route in words (docs/api.md). */
export const DESCRIBED: Readonly<Record<RouteName, Described>> = {
  me: {
    tag: "Signed in",
    summary: "Who the caller is, with groups and roles",
    who: signedIn,
    scope: "resources:read",
  },
  keys: {
    tag: "Audit",
    summary: "The public keys that sign recordings",
    who: "everybody",
    scope: null,
  },
  resources: {
    tag: "Resources",
    summary: "What the caller may open or ask for; admins see the rest too",
    who: signedIn,
    scope: "resources:read",
  },
  resource: {
    tag: "Resources",
    summary: "One resource",
    who: signedIn,
    scope: "resources:read",
  },
  catalog: {
    tag: "Resources",
    summary: "A database's tables, columns and functions, read afresh",
    who: ["admin"],
    scope: "policy:read",
  },
  request: {
    tag: "Resources",
    summary: "Ask for access until an instant",
    who: signedIn,
    scope: "access:request",
  },
  reviews: {
    tag: "Reviews",
    summary: "Reviews that the caller may see, newest first",
    who: signedIn,
    scope: "reviews:read",
  },
  review: {
    tag: "Reviews",
    summary: "One review",
    who: signedIn,
    scope: "reviews:read",
  },
  withdraw: {
    tag: "Reviews",
    summary: "Withdraw a request for access, or end the access that it gave",
    who: signedIn,
    scope: "access:request",
  },
  approve: {
    tag: "Reviews",
    summary: "Approve: only people, and never who asked",
    who: ["reviewer"],
    scope: null,
  },
  reject: {
    tag: "Reviews",
    summary: "Reject: only people, and never who asked",
    who: ["reviewer"],
    scope: null,
  },
  sessions: {
    tag: "Sessions",
    summary: "Sessions, newest first: one's own, or everybody's for auditors and admins",
    who: signedIn,
    scope: "sessions:read",
  },
  session: {
    tag: "Sessions",
    summary: "One session",
    who: signedIn,
    scope: "sessions:read",
  },
  records: {
    tag: "Sessions",
    summary: "A recording, record by record; the reading is written down",
    who: signedIn,
    scope: "sessions:read",
  },
  manifest: {
    tag: "Sessions",
    summary: "What proves a recording: its header and the signed head of every chunk",
    who: signedIn,
    scope: "sessions:read",
  },
  exact: {
    tag: "Sessions",
    summary:
      "What was typed, to the letter: for the groups that the policy's recording.unseal names",
    who: signedIn,
    scope: null,
  },
  kill: {
    tag: "Sessions",
    summary: "End a live session: one's own, or any for admins",
    who: signedIn,
    scope: "sessions:end",
  },
  policy: {
    tag: "Policy",
    summary: "The document in force",
    who: ["admin", "auditor"],
    scope: "policy:read",
  },
  apply: {
    tag: "Policy",
    summary: "Put a document in force: the YAML itself is the body",
    who: ["admin"],
    scope: "policy:write",
  },
  policyVersions: {
    tag: "Policy",
    summary: "Every document that was ever in force, newest first, without its text",
    who: ["admin", "auditor"],
    scope: "policy:read",
  },
  secrets: {
    tag: "Secrets",
    summary: "Which secrets are set, and since when",
    who: ["admin"],
    scope: "secrets:write",
  },
  putSecret: {
    tag: "Secrets",
    summary: "Set a secret",
    who: ["admin"],
    scope: "secrets:write",
  },
  audit: {
    tag: "Audit",
    summary: "Every change, denial, approval and reading, newest first",
    who: ["auditor", "admin"],
    scope: "audit:read",
  },
  hours: {
    tag: "Audit",
    summary: "The chained heads over all sessions, oldest first",
    who: ["auditor", "admin"],
    scope: "audit:read",
  },
};
