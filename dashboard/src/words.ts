import type { ReviewView } from "../../core/api/review.ts";
import type { Operation } from "../../core/command.ts";

/** A verb alone, and with what stands before its object. */
const VERBS: Readonly<Record<Operation, readonly [alone: string, withObject: string]>> = {
  select: ["reads", "reads"],
  show: ["shows settings", "shows settings for"],
  explain: ["explains", "explains a plan over"],
  set: ["sets a parameter", "sets a parameter beside"],
  transaction: ["steers a transaction", "steers a transaction over"],
  cursor: ["uses a cursor", "uses a cursor over"],
  prepare: ["prepares a statement", "prepares a statement over"],
  execute: ["executes a prepared statement", "executes a prepared statement over"],
  listen: ["listens", "listens beside"],
  discard: ["discards state", "discards state beside"],
  get: ["reads", "reads"],
  head: ["asks whether something is there", "asks after"],
  options: ["asks what may be done", "asks what may be done with"],
  insert: ["inserts", "inserts into"],
  update: ["updates", "updates"],
  delete: ["deletes", "deletes from"],
  post: ["posts", "posts to"],
  put: ["stores", "stores"],
  patch: ["changes", "changes"],
  websocket: ["opens a WebSocket", "opens a WebSocket to"],
  merge: ["merges", "merges into"],
  truncate: ["truncates", "truncates"],
  copy: ["copies", "copies"],
  lock: ["locks", "locks"],
  notify: ["notifies", "notifies beside"],
  refresh: ["refreshes", "refreshes"],
  call: ["calls a procedure", "calls a procedure over"],
  do: ["runs a block of code", "runs a block of code over"],
  function: ["calls a function", "calls a function over"],
  create: ["creates", "creates"],
  alter: ["alters", "alters"],
  drop: ["drops", "drops"],
  comment: ["comments", "comments on"],
  maintain: ["maintains", "maintains"],
  grant: ["changes rights", "changes rights on"],
  role: ["changes roles", "changes roles beside"],
  configure: ["changes the configuration", "changes the configuration beside"],
  program: ["runs a program of the server", "runs a program of the server over"],
  load: ["loads a library", "loads a library beside"],
  unknown: ["does what could not be read", "does what could not be read with"],
};

/** The most telling one first: operations come sorted by name. */
const ORDER = Object.keys(VERBS).toReversed();
const READS = new Set([
  "select",
  "transaction",
  "cursor",
  "prepare",
  "execute",
  "get",
  "head",
  "options",
]);
/** A service's things go themselves; a table's rows go from it. */
const OF_PATHS: Readonly<Partial<Record<string, string>>> = { delete: "deletes" };

export type Facts = Pick<ReviewView, "operations" | "objects" | "unbounded" | "access">;

/** "deletes from public.customers with no condition: about 48,210 rows". */
export function factsAndRows(review: Facts & Estimated): string {
  const { estimate } = review;
  const known = estimate !== null && "rows" in estimate;
  return known ? `${factsInWords(review)}: ${estimateInWords(review)}` : factsInWords(review);
}

/** "deletes from public.customers with no condition". */
export function factsInWords({ operations, objects, unbounded, access }: Facts): string {
  if (access !== null) return `asks for ${access.grant} for ${counted(access.hours, "hour")}`;
  const telling = operations.filter((operation) => !READS.has(operation));
  const ordered = (telling.length > 0 ? telling : operations).toSorted(
    (a, b) => ORDER.indexOf(a) - ORDER.indexOf(b),
  );
  const also = telling.length > 0 && operations.includes("select") ? ["reads"] : [];
  const verbs = ordered.map((operation) => VERBS[operation as Operation] ?? [operation, operation]);
  const condition = unbounded ? "with no condition" : "";
  const [only] = verbs;
  if (only === undefined) return ["does nothing that is known", condition].join(" ").trim();
  if (verbs.length + also.length === 1) {
    if (objects.length === 0) return `${only[0]} ${condition}`.trim();
    const word = isRequest({ objects }) ? OF_PATHS[ordered[0] ?? ""] : undefined;
    return `${word ?? only[1]} ${listed(objects)} ${condition}`.trim();
  }
  const actions = listed([...verbs.map(([alone]) => alone), ...also]);
  const touched = objects.length === 0 ? "" : `, touching ${listed(objects)}`;
  return `${actions}${touched}${unbounded ? `, ${condition}` : ""}`;
}

/** Of a service: what it touches are paths, which no table's name begins like. */
export const isRequest = ({ objects }: Pick<Facts, "objects">): boolean =>
  objects.length > 0 && objects.every((name) => name.startsWith("/"));

/** "about 48,210 rows", "no estimate: …"; null: none was asked for. */
export function estimateInWords({ estimate, access, state, objects }: Estimated): string | null {
  if (access !== null || isRequest({ objects })) return null;
  if (estimate === null) return state === "pending" ? "is being asked for" : null;
  if ("none" in estimate) return `no estimate: ${estimate.none}`;
  return `about ${counted(estimate.rows, "row")}`;
}

type Estimated = Pick<ReviewView, "estimate" | "access" | "state" | "objects">;

/** "a", "a and b", "a, b and c". */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

/** "Ada", or "deploy-bot on behalf of Ada". */
export const asker = ({ principal, onBehalfOf }: Pick<ReviewView, "principal" | "onBehalfOf">) =>
  onBehalfOf === null ? principal : `${principal} on behalf of ${onBehalfOf}`;

/** "at most 5 minutes before the answer, by phr" */
export const signInInWords = ({ minutes, acr }: NonNullable<ReviewView["signIn"]>): string =>
  `at most ${counted(minutes, "minute")} before the answer${acr === null ? "" : `, by ${acr}`}`;

export const approvals = ({ votes }: Pick<ReviewView, "votes">): number =>
  votes.filter(({ verdict }) => verdict === "approve").length;

/** What is left of a time: "4:05", "1 h 12 min", or null when it is over. */
export function timeLeft(milliseconds: number): string | null {
  const seconds = Math.ceil(milliseconds / 1000);
  if (seconds <= 0) return null;
  const two = (value: number) => String(value).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  const hours = Math.floor(seconds / 3600);
  if (hours >= 48) return `${Math.floor(hours / 24)} days`;
  return `${hours} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** "12 ms", "3.2 s", "4 min 5 s". */
export function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${milliseconds} ms`;
  const seconds = milliseconds / 1_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}
