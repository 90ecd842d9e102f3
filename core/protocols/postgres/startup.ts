import { i32, strictText, u32, utf8 } from "../../bytes.ts";
import { startupBytesMax } from "../../limits.ts";
import type { PostgresResource } from "../../session.ts";
import { cString } from "./frames.ts";
import { CANCEL_REQUEST, GSS_REQUEST, SSL_REQUEST } from "./messages.ts";
import { readOptions } from "./options.ts";

/* A connection's first packet (manual, "StartupMessage", "SSLRequest", "CancelRequest"). */

export type Startup = {
  readonly is: "startup";
  readonly major: number;
  readonly minor: number;
  readonly parameters: ReadonlyMap<string, string>;
  /** `_pq_.` options: none is known, NegotiateProtocolVersion lists them. */
  readonly unsupported: readonly string[];
  readonly length: number;
};

export type FirstPacket =
  | { readonly is: "more" }
  /** What lies behind `length` came in plaintext. */
  | { readonly is: "ssl" | "gss"; readonly length: number }
  | {
      readonly is: "cancel";
      readonly pid: number;
      readonly key: Uint8Array;
      readonly length: number;
    }
  | Startup
  | { readonly is: "malformed"; readonly message: string };

/** A cancel key of protocol 3.2 may have this many bytes. */
export const CANCEL_KEY_BYTES_MAX = 256;

const TLS_HANDSHAKE = 0x16;

const malformed = (message: string): FirstPacket => ({ is: "malformed", message });

/** Reads one packet from the front; what follows it is not looked at. */
export function readStartup(bytes: Uint8Array): FirstPacket {
  if (bytes[0] === TLS_HANDSHAKE) {
    return malformed("This end of the gateway takes no TLS: connect with sslmode=disable.");
  }
  if (bytes.length < 4) return { is: "more" };
  const length = i32(bytes, 0);
  if (length < 8) return malformed("The startup packet's length is impossible.");
  if (length > startupBytesMax) {
    return malformed(`This is not a startup packet, or one of more than ${startupBytesMax} bytes.`);
  }
  if (bytes.length < length) return { is: "more" };
  return readPacket(bytes.subarray(0, length));
}

function readPacket(packet: Uint8Array): FirstPacket {
  const { length } = packet;
  const code = u32(packet, 4);
  if (code === SSL_REQUEST || code === GSS_REQUEST) {
    if (length !== 8) return malformed("An encryption request has no body.");
    return { is: code === SSL_REQUEST ? "ssl" : "gss", length };
  }
  if (code === CANCEL_REQUEST) {
    const keyBytes = length - 12;
    if (keyBytes < 4 || keyBytes > CANCEL_KEY_BYTES_MAX) {
      return malformed("A cancel key has 4 to 256 bytes.");
    }
    return { is: "cancel", pid: u32(packet, 8), key: packet.slice(12), length };
  }
  const major = code >>> 16;
  const minor = code & 0xffff;
  if (major !== 3) return malformed(`Protocol ${major}.${minor} is not served: 3.0 and 3.2 are.`);
  const read = readParameters(packet);
  return typeof read === "string"
    ? malformed(read)
    : { is: "startup", major, minor, ...read, length };
}

type Parameters = Pick<Startup, "parameters" | "unsupported">;

function readParameters(packet: Uint8Array): Parameters | string {
  const parameters = new Map<string, string>();
  const unsupported: string[] = [];
  let at = 8;
  while (at < packet.length && packet[at] !== 0) {
    const name = cString(packet, at);
    const value = name === null ? null : cString(packet, name.next);
    if (name === null || value === null) return "The startup packet ends in a parameter.";
    const key = strictText(name.bytes);
    const content = strictText(value.bytes);
    if (key === null || content === null) return "The startup packet is not UTF-8.";
    if (parameters.has(key) || unsupported.includes(key)) {
      return `The startup packet has "${key}" twice.`;
    }
    if (key.startsWith("_pq_.")) unsupported.push(key);
    else parameters.set(key, content);
    at = value.next;
  }
  if (at !== packet.length - 1) return "The startup packet does not end with its terminator.";
  return { parameters, unsupported };
}

/**
 * Settings that a client may bring along: how values are written and how long things may take.
 * Everything else is refused, because it changes who one is (role), what a statement means
 * (standard_conforming_strings), or is not known to be harmless.
 */
const ADMITTED: ReadonlySet<string> = new Set([
  "application_name",
  "bytea_output",
  "client_encoding",
  "client_min_messages",
  "datestyle",
  "default_transaction_deferrable",
  "default_transaction_isolation",
  "default_transaction_read_only",
  "extra_float_digits",
  "geqo",
  "idle_in_transaction_session_timeout",
  "idle_session_timeout",
  "intervalstyle",
  "jit",
  "lock_timeout",
  "search_path",
  "statement_timeout",
  "timezone",
  "transaction_timeout",
  "work_mem",
]);

/** Every spelling that PostgreSQL reads as false. */
const FALSE = new Set(["f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0"]);

/** PostgreSQL's names of UTF8, once case and punctuation are gone. */
const UTF8_NAMES = new Set(["utf8", "unicode"]);

export type Admitted =
  | { readonly refuse: { readonly code: string; readonly message: string } }
  | {
      readonly parameters: readonly (readonly [string, string])[];
      /** The schemas of a `search_path` that came along; null: the login's own stands. */
      readonly searchPath: readonly string[] | null;
    };

const refuse = (code: string, message: string): Admitted => ({ refuse: { code, message } });

/** The parameters with which we log in at the target, or why the client is not let through. */
export function admit(
  parameters: ReadonlyMap<string, string>,
  resource: PostgresResource,
): Admitted {
  const replication = parameters.get("replication");
  if (replication !== undefined && !FALSE.has(replication.toLowerCase())) {
    return refuse("0A000", "Replication connections do not pass the gateway.");
  }
  const user = parameters.get("user");
  const database = parameters.get("database") || user;
  const known = [resource.name, resource.database, user];
  if (database !== undefined && !known.includes(database)) {
    const message = `Database "${database}" is not served here: "${resource.name}" is.`;
    return refuse("3D000", message);
  }
  const options = readOptions(parameters.get("options") ?? "");
  if (options === null) {
    return refuse("42601", "In options, only -c name=value and --name=value are understood.");
  }
  return admitSettings([...options, ...settingsOf(parameters)], resource);
}

/** Named apart by PostgreSQL, by these very spellings. */
const NOT_SETTINGS = new Set(["user", "database", "options", "replication"]);

const settingsOf = (parameters: ReadonlyMap<string, string>): [string, string][] =>
  [...parameters].filter(([name]) => !NOT_SETTINGS.has(name));

/** The packet's own settings come last, and win, as in PostgreSQL. */
function admitSettings(
  settings: readonly [string, string][],
  resource: PostgresResource,
): Admitted {
  const admitted = new Map([
    ["user", resource.user],
    ["database", resource.database],
    ["client_encoding", "UTF8"],
  ]);
  let searchPath: readonly string[] | null = null;
  for (const [name, value] of settings) {
    const key = name.toLowerCase();
    if (key === "search_path") {
      searchPath = readSearchPath(value, resource.user);
      if (searchPath === null) return refuse("22023", `This search_path cannot be read: ${value}`);
    }
    if (!ADMITTED.has(key)) {
      return refuse("42501", `The parameter "${name}" cannot be set through the gateway.`);
    }
    if (key !== "client_encoding") admitted.set(key, value);
    else if (!UTF8_NAMES.has(value.toLowerCase().replace(/[^a-z0-9]/g, ""))) {
      const message = `client_encoding "${value}" is not served: set PGCLIENTENCODING=UTF8.`;
      return refuse("22023", message);
    }
  }
  return { parameters: [...admitted], searchPath };
}

const PATH_ELEMENT = /^\s*(?:([a-z_][a-z0-9_$]*)|"([^"\0]+)")\s*$/i;

/** Longer names the server would cut (NAMEDATALEN). */
const NAME_BYTES_MAX = 63;

/**
 * The value of `search_path` as the server splits it (manual, "search_path"): names or quoted names
 * parted by commas. Null: anything else, which we might read otherwise than the server does.
 */
export function readSearchPath(value: string, user: string): readonly string[] | null {
  const path: string[] = [];
  if (value.trim() === "") return path;
  for (const element of value.split(",")) {
    const [, plain, quoted] = PATH_ELEMENT.exec(element) ?? [];
    const name = plain?.toLowerCase() ?? quoted;
    if (name === undefined || utf8(name).length > NAME_BYTES_MAX) return null;
    path.push(name === "$user" ? user : name);
  }
  return path;
}
