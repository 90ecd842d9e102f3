/** What somebody is about to do, in one vocabulary for all protocols. */

/** What a grant lets one do. Weakest first. */
export const ACCESS = ["read", "write", "schema", "admin"] as const;
export type Access = (typeof ACCESS)[number];

/**
 * Each operation and the access that it asks for. An operation is an *effect*, not the verb typed:
 * `EXPLAIN ANALYZE DELETE` is a delete, a CTE that writes is a write.
 */
export const OPERATIONS = {
  select: "read",
  show: "read",
  explain: "read",
  /** SET of a parameter that cannot change what a statement means or who runs it. */
  set: "read",
  transaction: "read",
  cursor: "read",
  prepare: "read",
  execute: "read",
  listen: "read",
  discard: "read",
  /** HTTP's safe methods (RFC 9110 section 9.2.1). */
  get: "read",
  head: "read",
  options: "read",
  insert: "write",
  update: "write",
  /** SQL's, and HTTP's method. */
  delete: "write",
  post: "write",
  put: "write",
  patch: "write",
  /** A WebSocket: messages both ways, each a command of its own besides. */
  websocket: "write",
  merge: "write",
  truncate: "write",
  copy: "write",
  lock: "write",
  notify: "write",
  refresh: "write",
  call: "write",
  do: "write",
  /** A function outside the known-pure list: it may do anything that its owner may. */
  function: "write",
  create: "schema",
  alter: "schema",
  drop: "schema",
  comment: "schema",
  maintain: "schema",
  grant: "admin",
  role: "admin",
  /** SET of a parameter that changes meaning or identity, ALTER SYSTEM, ALTER DATABASE … SET. */
  configure: "admin",
  /** COPY to or from a program or a file of the server. */
  program: "admin",
  load: "admin",
  unknown: "admin",
} as const satisfies Record<string, Access>;
export type Operation = keyof typeof OPERATIONS;

/** The accesses that the operations ask for, each once, weakest first. */
export function accessOf(operations: readonly Operation[]): readonly Access[] {
  const asked = new Set<Access>(operations.map((operation) => OPERATIONS[operation]));
  return ACCESS.filter((access) => asked.has(access));
}

/**
 * A risk: masked values would flow into a table or setting where no rule masks them, to be read
 * back from there.
 */
export const COPIES_MASKED = "copies masked data";

/** A risk: which rows come, their order or an error would tell more than a rule allows. */
export const ASKS_MASKED = "asks about masked data";

/** Counts from 1 within a session; 0 belongs to the session itself. Fits a u32. */
export type CommandId = number;

/**
 * One bound value as it came over the wire. `type` is the protocol's own number (an oid in
 * PostgreSQL; 0: not said).
 */
export type Parameter = {
  readonly type: number;
  readonly format: number;
  readonly value: Uint8Array | null;
};

/** A column by its name, `table.column`, and the rule that masks it. */
export type Overwritten = { readonly column: string; readonly rule: string };

export const overwriting = ({ column, rule }: Overwritten): string =>
  `${column} is masked for you by ${rule}: this would write the mask over the value.`;

/**
 * What a request says, for conditions. Names of headers are in lower case; of a query and of a form
 * the values are texts, or lists where a name comes several times.
 */
export type HttpFacts = {
  readonly method: string;
  /** As it was sent, from the resource's own root on: `/customers/7`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON's value, a form's fields, a text; null: none, or nothing that is read. */
  readonly body: unknown;
  /** `other`: there is a body, and nobody knows what fields a service will find in it. */
  readonly bodyIs: "fields" | "none" | "other";
  /** By the service's OpenAPI document: `getCustomer`; empty: not described, or no document. */
  readonly operation: string;
  /** Whether parameters and body are as that operation describes them. */
  readonly conforms: boolean;
  /**
   * What two readers may understand differently, as a condition would name it:
   * `query.role`, `headers.x-role`, `body.role`.
   */
  readonly repeated: readonly string[];
  /** How services that are more lenient than its text read it. */
  readonly otherwise?: readonly Partial<Pick<HttpFacts, "path" | "operation">>[];
  /** It opens a WebSocket, or is a message on one: then `method` is MESSAGE. */
  readonly websocket?: boolean;
};

/** What of a request its shown form holds just as it was sent: no mask has touched it. */
export type RequestShown = {
  readonly path: boolean;
  readonly query: boolean;
  /** But for the fields in `hidden`. True of none, too. */
  readonly body: boolean;
  /** Fields at the top of the body in which a mask has hidden something. */
  readonly hidden: readonly string[];
  /** The Content-Type of a body that is shown so. */
  readonly type: string | null;
};

/** Of a body that there is, by what is shown of it. */
export const bodyIs = (body: unknown): "fields" | "other" =>
  typeof body === "object" && body !== null && !Array.isArray(body) ? "fields" : "other";

export type Command = {
  readonly id: CommandId;
  readonly protocol: string;
  /** Exact, for conditions and the sealed part of the record. It never leaves those two. */
  readonly text: string;
  /** The same for people: literals that could be somebody's data are replaced (CONTRACTS §6). */
  readonly shown: string;
  readonly parameters: readonly Parameter[];
  /** Positions, from 1 on, of those whose values may be shown beside `shown`. */
  readonly clearParameters: readonly number[];
  /** Sorted, each once. Holds "unknown" when any part could not be read. */
  readonly operations: readonly Operation[];
  /**
   * `schema.name` of all that is read or written. Empty means "could not tell" beside "unknown".
   */
  readonly objects: readonly string[];
  /** `schema.table.column` of all that is named. */
  readonly columns: readonly string[];
  readonly functions: readonly string[];
  /** It updates or deletes, and nothing in it says which rows. */
  readonly unbounded: boolean;
  /** The first masked column over whose values it would write their own mask; null: none. */
  readonly overwrites: Overwritten | null;
  /** Short words for reviewers: "writes inside a CTE", "opaque code". */
  readonly risks: readonly string[];
  /**
   * Different questions about masked values that the session has asked so far, those of this
   * command included (docs/lineage.md); 0 when it asks none.
   */
  readonly questions: number;
  /**
   * A positive proof that it can change nothing (CONTRACTS §3): its record may travel with its
   * first answer.
   */
  readonly changesNothing: boolean;
  /** It waits inside a transaction that has written or locked: a hold is short then. */
  readonly holdsLocks: boolean;
  /** The schemas in which its names are looked up; null: some are its own session's alone. */
  readonly searchPath: readonly string[] | null;
  /** Of a request. */
  readonly http?: HttpFacts;
  /** Of a request that opens no WebSocket. */
  readonly shows?: RequestShown;
};
