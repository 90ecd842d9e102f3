import type { Stream } from "../route.ts";

/** A WebSocket for pages: `{ on: "hello" }`, then `{ on: "review", review }` for each change. */
export const LIVE_REVIEWS = "/api/reviews/live";
/**
 * A WebSocket for pages: what a live session records, from the query's `from` on (`watchQuery`). It
 * tells how far the recording goes (`WatchMessage`); the records themselves are read by `records`.
 */
export const LIVE_SESSION = "/api/sessions/:id/live";
/** A file (`exportQuery`), written page by page. */
export const EXPORT = "/api/sessions/:id/export";

/** A WebSocket for pages: the messages of core/api/console.ts. */
export const CONSOLE = "/api/console/:name";

/** What answers something else than JSON. */
export const STREAMS = {
  chunk: {
    path: "/api/sessions/:id/recording/:first",
    summary: "Fetch a chunk of a recording to the byte.",
    roles: ["owner", "auditor", "admin"],
    scope: "sessions:read",
    answers: "application/octet-stream",
    words: "The chunk as it lies in the store; `first` is the number of its first record.",
    problems: ["bad_request"],
  },
  liveReviews: {
    path: LIVE_REVIEWS,
    summary: "Follow reviews as they come and change.",
    roles: ["signed-in"],
    scope: "person",
    answers: "websocket",
    words:
      'Text messages of JSON: `{ "on": "hello" }` when the line is open, then `{ "on": "review", ' +
      '"review": … }` with a Review whenever one that you may see is another. A text message ' +
      "`ping` is answered by `pong`. The line ends with the access token.",
    problems: ["upgrade_required"],
  },
  liveSession: {
    path: LIVE_SESSION,
    summary: "Follow how far a live session is recorded.",
    roles: ["owner", "auditor", "admin"],
    scope: "person",
    answers: "websocket",
    words:
      'Text messages of JSON: `{ "on": "hello", "watch": …, "last": … }`, then ' +
      '`{ "on": "more", "last": … }` once after each `next` that it hears, and ' +
      '`{ "on": "ended" }`. The records themselves are read by `records`, with `watch`.',
    problems: ["bad_request", "conflict", "upgrade_required"],
  },
  exportRecording: {
    path: EXPORT,
    summary: "Fetch a recording as a file. It stands in the audit trail.",
    roles: ["owner", "auditor", "admin"],
    scope: "sessions:read",
    answers: "application/octet-stream",
    words:
      "By `format`: `jsonl`, a record a line (application/jsonl), or `raw`, what `sluice audit " +
      "verify` reads.",
    problems: ["bad_request"],
  },
  console: {
    path: CONSOLE,
    summary: "Open a session on a resource for a page, and ask it in SQL.",
    roles: ["signed-in"],
    scope: "person",
    answers: "websocket",
    words:
      "Text messages of JSON (docs/console.md): statements in, rows page by page out. " +
      "Asked without an upgrade it says why it would be refused.",
    problems: ["address_refused", "bad_request", "no_grant", "upgrade_required"],
  },
  tunnel: {
    path: "/tunnel/:resource",
    summary: "Open a session on a resource: the way of `sluice psql` and `sluice connect`.",
    roles: ["signed-in"],
    scope: "person",
    answers: "websocket",
    words:
      "A WebSocket with the subprotocol `sluice.tunnel.1`; its binary frames are described in " +
      "docs/tunnel.md. It takes the Authorization header and no cookie.",
    problems: ["address_refused", "no_grant", "upgrade_required"],
  },
  signIn: {
    path: "/auth/login",
    summary: "Sign a browser in, by the identity provider.",
    roles: ["anyone"],
    scope: "any",
    answers: "redirect",
    words: "To the identity provider; it leads back to the path in the query's `to`, with cookies.",
  },
  hostSignIn: {
    path: "/auth/http",
    summary: "Sign a browser in on the host of a service, by its sign-in here.",
    roles: ["anyone"],
    scope: "any",
    answers: "redirect",
    words:
      "A page that goes on to `/auth/http/code`. Hosts of services send browsers here " +
      "(docs/http-hosts.md).",
    problems: ["bad_request"],
  },
  hostCode: {
    path: "/auth/http/code",
    summary: "Send a browser back to the host of a service, with a code that works once.",
    roles: ["anyone"],
    scope: "any",
    answers: "redirect",
    words: "To the host with a code, or first to the identity provider.",
    problems: ["bad_request", "foreign_origin"],
  },
  renew: {
    method: "POST",
    path: "/auth/refresh",
    summary: "Renew a browser's sign-in by its cookie.",
    roles: ["anyone"],
    scope: "any",
    answers: "nothing",
    words: "New cookies. It takes the refresh token's cookie, which only pages of ours may use.",
    problems: ["foreign_origin", "issuer_unavailable", "unauthenticated"],
  },
  signOut: {
    method: "POST",
    path: "/auth/logout",
    summary: "End a browser's sign-in, and the live sessions that it opened.",
    roles: ["anyone"],
    scope: "any",
    answers: "nothing",
    words: "The cookies are gone, also where nobody was signed in.",
    problems: ["foreign_origin"],
  },
} as const satisfies Readonly<Record<string, Stream>>;
