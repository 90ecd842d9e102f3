/** What an API token may be for, each with what it lets its bearer do. Never renamed. */
export const SCOPES = {
  "resources:read": "See what you may open or ask for, and why.",
  "access:request": "Ask for access in your name, and take such a request back.",
  "sessions:read": "List sessions, and read and export their recordings as far as you may.",
  "reviews:read": "List what waits for approval and what became of it. No token ever answers one.",
  "policy:read": "Read the policy, its versions, and the catalogs that it is tested with.",
  "policy:write": "Put a policy in force.",
  "secrets:write": "List the names of secrets, and set their values.",
  "http:call": "Call services under /http/NAME/ in your name.",
  "audit:read": "Read the audit trail and the hourly heads over all recordings.",
} as const;
export type Scope = keyof typeof SCOPES;

export const SCOPE_NAMES = Object.keys(SCOPES) as [Scope, ...Scope[]];
