import type { Role } from "../session.ts";
import type { RouteName } from "./routes.ts";

/** Parts of the description, in the order in which they are shown. */
export const TAGS = {
  "Signed in": "Who the caller is.",
  Resources: "What can be reached, and access to it just in time.",
  Reviews: "Held commands and requests for access.",
  Sessions: "Sessions and their recordings.",
  People: "Who is known, what they may do, and their sign-ins.",
  Policy: "The document that decides, and its versions.",
  Secrets: "Credentials of targets: set, never shown.",
  Audit: "What happened to the gateway itself.",
} as const;
export type Tag = keyof typeof TAGS;

export type Described = {
  readonly tag: Tag;
  /** One sentence without a full stop. */
  readonly summary: string;
  /**
   * `everybody` needs no sign-in; `signed-in` shows each caller what is hers to see; else one of
   * the roles.
   */
  readonly who: "everybody" | "signed-in" | readonly Role[];
};

const signedIn = "signed-in";

/** Every route in words (docs/api.md). */
export const DESCRIBED: Readonly<Record<RouteName, Described>> = {
  me: {
    tag: "Signed in",
    summary: "Who the caller is, with groups and roles",
    who: signedIn,
  },
  keys: {
    tag: "Audit",
    summary: "The public keys that sign recordings",
    who: "everybody",
  },
  resources: {
    tag: "Resources",
    summary: "What the caller may open or ask for; admins see the rest too",
    who: signedIn,
  },
  resource: {
    tag: "Resources",
    summary: "One resource",
    who: signedIn,
  },
  catalog: {
    tag: "Resources",
    summary: "A database's tables, columns and functions, read afresh",
    who: ["admin"],
  },
  request: {
    tag: "Resources",
    summary: "Ask for access until an instant",
    who: signedIn,
  },
  targets: {
    tag: "Resources",
    summary: "How each target does: when it was reached, how fast, and why not",
    who: ["admin", "auditor"],
  },
  probe: {
    tag: "Resources",
    summary: "Reach the target now, the way that a session would",
    who: ["admin"],
  },
  reviews: {
    tag: "Reviews",
    summary: "Reviews that the caller may see, newest first",
    who: signedIn,
  },
  review: {
    tag: "Reviews",
    summary: "One review",
    who: signedIn,
  },
  withdraw: {
    tag: "Reviews",
    summary: "Withdraw a request for access, or end the access that it gave",
    who: signedIn,
  },
  approve: {
    tag: "Reviews",
    summary: "Approve: only people, and never who asked",
    who: ["reviewer"],
  },
  reject: {
    tag: "Reviews",
    summary: "Reject: only people, and never who asked",
    who: ["reviewer"],
  },
  sessions: {
    tag: "Sessions",
    summary: "Sessions, newest first: one's own, or everybody's for auditors and admins",
    who: signedIn,
  },
  session: {
    tag: "Sessions",
    summary: "One session",
    who: signedIn,
  },
  records: {
    tag: "Sessions",
    summary: "A recording, record by record; the reading is written down",
    who: signedIn,
  },
  manifest: {
    tag: "Sessions",
    summary: "What proves a recording: its header and the signed head of every chunk",
    who: signedIn,
  },
  exact: {
    tag: "Sessions",
    summary:
      "What was typed, to the letter: for the groups that the policy's recording.unseal names",
    who: signedIn,
  },
  kill: {
    tag: "Sessions",
    summary: "End a live session: one's own, or any for admins",
    who: signedIn,
  },
  policy: {
    tag: "Policy",
    summary: "The document in force",
    who: ["admin", "auditor"],
  },
  apply: {
    tag: "Policy",
    summary: "Put a document in force: the YAML itself is the body",
    who: ["admin"],
  },
  policyVersions: {
    tag: "Policy",
    summary: "Every document that was ever in force, newest first, without its text",
    who: ["admin", "auditor"],
  },
  policyAt: {
    tag: "Policy",
    summary: "One version, with its text",
    who: ["admin", "auditor"],
  },
  policySchema: {
    tag: "Policy",
    summary: "The document's schema, for editors",
    who: ["admin", "auditor"],
  },
  check: {
    tag: "Policy",
    summary: "What is wrong with a text, and what an apply of it would say",
    who: ["admin"],
  },
  test: {
    tag: "Policy",
    summary: "Run cases against a text, as `sluice policy test` does",
    who: ["admin"],
  },
  rehearsal: {
    tag: "Policy",
    summary: "One step of a dry run: what a text would have made of recorded commands",
    who: ["admin"],
  },
  people: {
    tag: "People",
    summary: "Everybody whom the identity provider has vouched for",
    who: ["admin", "auditor"],
  },
  person: {
    tag: "People",
    summary: "What one person may do, and why",
    who: ["admin", "auditor"],
  },
  signIns: {
    tag: "People",
    summary: "Somebody's sign-ins; one's own are for everybody",
    who: ["admin", "auditor"],
  },
  revokeSignIn: {
    tag: "People",
    summary: "End a sign-in and what it opened; one's own are for everybody",
    who: ["admin"],
  },
  overview: {
    tag: "Audit",
    summary: "Counts by the hour, the slowest approvals, and what is open now",
    who: ["admin", "auditor"],
  },
  secrets: {
    tag: "Secrets",
    summary: "Which secrets are set, and since when",
    who: ["admin"],
  },
  putSecret: {
    tag: "Secrets",
    summary: "Set a secret",
    who: ["admin"],
  },
  audit: {
    tag: "Audit",
    summary: "Every change, denial, approval and reading, newest first",
    who: ["auditor", "admin"],
  },
  hours: {
    tag: "Audit",
    summary: "The chained heads over all sessions, oldest first",
    who: ["auditor", "admin"],
  },
};
