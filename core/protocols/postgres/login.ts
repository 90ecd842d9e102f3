import { base64, i32, strictText, text, u32 } from "../../bytes.ts";
import type { Crypto } from "../../crypto.ts";
import { SluiceError } from "../../errors.ts";
import { loginMessagesMax, noticeBytesMax } from "../../limits.ts";
import type { PostgresResource } from "../../session.ts";
import { cString, HEADER_BYTES, type Message } from "./frames.ts";
import {
  passwordMessage,
  query,
  PROTOCOL_3,
  readFields,
  saslInitialResponse,
  saslResponse,
  sslRequest,
  startupMessage,
} from "./messages.ts";
import { md5Answer, SCRAM_MECHANISM, scramFinal, scramFirst, scramVerify } from "./scram.ts";
import { CANCEL_KEY_BYTES_MAX } from "./startup.ts";

export type LoginOptions = {
  readonly resource: PostgresResource;
  readonly password: Uint8Array | null;
  /** The startup packet's, `user` and `database` among them. */
  readonly parameters: readonly (readonly [string, string])[];
  readonly crypto: Crypto;
  readonly protocolMinor: 0 | 2;
};

/** What the login needs next. */
export type LoginStep =
  | { readonly send: Uint8Array }
  /** TLS, with this server name. Whatever else has already come in plaintext must not be read. */
  | { readonly secure: string }
  /** The one byte that answers an SSLRequest, or one whole message with type and length. */
  | { readonly read: "byte" | "message" };

type LoginSuccess = Extract<LoginResult, { ok: true }>;

export type LoginResult =
  | {
      readonly ok: true;
      /** What the server reported by ParameterStatus. */
      readonly parameters: readonly (readonly [string, string])[];
      readonly pid: number;
      readonly key: Uint8Array;
      readonly status: "I";
      readonly protocolMinor: 0 | 2;
    }
  /** `message` is for the client; neither the password nor the target's user is in it. */
  | { readonly ok: false; readonly sqlstate: string; readonly message: string };

/** Ends a login from anywhere in it; its code is a SQLSTATE. */
class LoginFailure extends SluiceError {
  readonly fault = "upstream";
}

type Login<T> = Generator<LoginStep, T, Uint8Array>;

/**
 * The gateway logs in at the target (manual, "Start-up" and "SASL Authentication"): top to bottom,
 * each `yield` says what is needed next. A hostile server gets an error, never a password that it
 * did not have to be given, and never plaintext where TLS was asked for.
 */
export function* logIn(options: LoginOptions): Login<LoginResult> {
  try {
    const { resource, parameters } = options;
    if (resource.tls === "verify-full") yield* secure(resource.host);
    yield { send: startupMessage(PROTOCOL_3 | options.protocolMinor, parameters) };
    const talk = new Talk(options);
    yield* authenticate(talk);
    const result = yield* settle(talk);
    yield* facesTheServer(talk, result.pid);
    return result;
  } catch (error) {
    if (!(error instanceof LoginFailure)) throw error;
    return { ok: false, sqlstate: error.code, message: error.message };
  }
}

function* secure(host: string): Login<void> {
  yield { send: sslRequest() };
  const answer = text(yield { read: "byte" });
  if (answer === "N") throw new LoginFailure("08001", `${host} does not offer TLS.`);
  // An error here is not encrypted: anybody on the way could have written it, so it is not shown.
  if (answer === "E") throw new LoginFailure("08001", `${host} refused the request for TLS.`);
  if (answer !== "S") throw new LoginFailure("08P01", `${host} does not speak PostgreSQL.`);
  yield { secure: host };
}

/** The server's messages of one login, counted. */
class Talk {
  readonly options: LoginOptions;
  readonly host: string;
  minor: 0 | 2;
  #messages = 0;
  #negotiated = false;

  constructor(options: LoginOptions) {
    this.options = options;
    this.host = options.resource.host;
    this.minor = options.protocolMinor;
  }

  /** The next message that is not a notice. An error ends the login. */
  *next(): Login<Message & { letter: string }> {
    for (;;) {
      const bytes = yield { read: "message" };
      if (++this.#messages > loginMessagesMax) {
        throw this.broken(`sent more than ${loginMessagesMax} messages before it was ready`);
      }
      if (bytes.length < HEADER_BYTES || i32(bytes, 1) !== bytes.length - 1) {
        throw this.broken("sent a message of impossible length");
      }
      if (bytes.length > noticeBytesMax) throw this.broken(`sent ${bytes.length} bytes at once`);
      const letter = String.fromCharCode(bytes[0] as number);
      const body = bytes.subarray(HEADER_BYTES);
      if (letter === "E") throw this.#refused(body);
      if (letter !== "N") return { type: bytes[0] as number, letter, bytes, body };
    }
  }

  broken(what: string): LoginFailure {
    return new LoginFailure("08P01", `${this.host} ${what}; the login was given up.`);
  }

  /**
   * The server's own words: they help the one who must repair it, and the names in them are ours.
   */
  #refused(body: Uint8Array): LoginFailure {
    const { resource, password } = this.options;
    const fields = readFields(body) ?? new Map<string, string>();
    const given = fields.get("C") ?? "";
    const sqlstate = /^[0-9A-Z]{5}$/.test(given) ? given : "08004";
    const words = (fields.get("M") ?? "").slice(0, 500);
    const secret = password === null || password.length === 0 ? null : text(password);
    const leaks = secret !== null && words.includes(secret);
    const shown = leaks ? "" : words.replaceAll(`"${resource.user}"`, "of the gateway");
    const safe = shown.includes(resource.user) || shown === "" ? "" : `: ${shown}`;
    const hint = sqlstate.startsWith("28")
      ? ` The credential or the rights of resource "${resource.name}" must be looked at.`
      : "";
    const message = `${this.host} refused the gateway's login (${sqlstate})${safe}.${hint}`;
    return new LoginFailure(sqlstate, message);
  }

  /**
   * NegotiateProtocolVersion of a server that knows an older minor version. Servers send the whole
   * version number, the manual describes the minor one: both are understood.
   */
  negotiated(body: Uint8Array): void {
    const version = body.length === 8 ? u32(body, 0) : -1;
    const older = version === PROTOCOL_3 || version === PROTOCOL_3 + 1 || version < 2;
    if (this.#negotiated || this.minor === 0 || version < 0 || !older || u32(body, 4) !== 0) {
      throw this.broken("answered with a protocol version that was not asked for");
    }
    this.#negotiated = true;
    this.minor = 0;
  }

  password(): Uint8Array {
    const { password, resource } = this.options;
    if (password !== null && password.length > 0 && !password.includes(0)) return password;
    const what = password === null ? "has no credential" : "has a credential that cannot be sent";
    const message = `${this.host} asks for a password, and resource "${resource.name}" ${what}.`;
    throw new LoginFailure("28000", message);
  }
}

/** Kinds of Authentication messages (manual, "Message Formats", the ones of type 'R'). */
const OK = 0;
const CLEARTEXT = 3;
const MD5 = 5;
const SASL = 10;
const SASL_CONTINUE = 11;
const SASL_FINAL = 12;

const UNSERVED: ReadonlyMap<number, string> = new Map([
  [2, "Kerberos V5"],
  [6, "SCM credentials"],
  [7, "GSSAPI"],
  [8, "GSSAPI"],
  [9, "SSPI"],
]);

type Authentication = { readonly kind: number; readonly data: Uint8Array };

function* nextAuthentication(talk: Talk): Login<Authentication> {
  for (;;) {
    const { letter, body } = yield* talk.next();
    if (letter === "v") talk.negotiated(body);
    else if (letter === "R" && body.length >= 4) {
      return { kind: u32(body, 0), data: body.subarray(4) };
    } else throw talk.broken("left the order of a login");
  }
}

/**
 * Up to AuthenticationOk. A password goes in cleartext or by MD5 only on a leg that is TLS, or that
 * the resource itself has declared to be plaintext: there is no third kind of leg.
 */
function* authenticate(talk: Talk): Login<void> {
  const { crypto, resource } = talk.options;
  const { kind, data } = yield* nextAuthentication(talk);
  switch (kind) {
    case OK:
      return;
    case CLEARTEXT:
      yield { send: passwordMessage(talk.password()) };
      break;
    case MD5:
      if (data.length !== 4) throw talk.broken("sent an MD5 salt that is malformed");
      yield { send: passwordMessage(md5Answer(resource.user, talk.password(), data, crypto)) };
      break;
    case SASL:
      yield* scram(talk, data);
      break;
    default: {
      const name = UNSERVED.get(kind) ?? `an unknown kind (${kind})`;
      const message = `${talk.host} asks for authentication by ${name}, which is not served.`;
      throw new LoginFailure("28000", message);
    }
  }
  const last = yield* nextAuthentication(talk);
  if (last.kind !== OK) throw talk.broken("asked for a second authentication");
}

function* scram(talk: Talk, offer: Uint8Array): Login<void> {
  const mechanisms = readMechanisms(offer);
  if (mechanisms === null) throw talk.broken("sent a malformed list of SASL mechanisms");
  if (!mechanisms.includes(SCRAM_MECHANISM)) {
    const only = mechanisms.join(", ") || "nothing";
    const message = `${talk.host} offers ${only} for authentication; ${SCRAM_MECHANISM} is needed.`;
    throw new LoginFailure("28000", message);
  }
  const { crypto } = talk.options;
  const nonce = base64(crypto.random(18));
  const exchange = { nonce, user: "", password: talk.password(), crypto };
  yield { send: saslInitialResponse(SCRAM_MECHANISM, scramFirst(exchange)) };
  const challenge = yield* nextAuthentication(talk);
  if (challenge.kind !== SASL_CONTINUE) throw talk.broken("cut the SCRAM exchange short");
  const final = scramFinal(exchange, challenge.data);
  if (typeof final === "string") throw talk.broken(final);
  yield { send: saslResponse(final.message) };
  const verdict = yield* nextAuthentication(talk);
  if (verdict.kind !== SASL_FINAL) throw talk.broken("cut the SCRAM exchange short");
  const fault = scramVerify(final, verdict.data);
  if (fault !== null) throw talk.broken(fault);
}

/** Names, each ended by NUL, and an empty one behind the last. */
function readMechanisms(offer: Uint8Array): string[] | null {
  const names: string[] = [];
  let at = 0;
  for (;;) {
    const name = cString(offer, at);
    const shown = name === null ? null : strictText(name.bytes);
    if (name === null || shown === null || !/^[A-Z0-9_-]{0,40}$/.test(shown)) return null;
    if (shown === "") return name.next === offer.length ? names : null;
    names.push(shown);
    at = name.next;
  }
}

/** From AuthenticationOk to the first ReadyForQuery. */
function* settle(talk: Talk): Login<LoginSuccess> {
  const parameters = new Map<string, string>();
  let backend: { pid: number; key: Uint8Array } | null = null;
  for (;;) {
    const { letter, body } = yield* talk.next();
    if (letter === "S") {
      const name = cString(body, 0);
      const value = name === null ? null : cString(body, name.next);
      if (name === null || value === null) throw talk.broken("sent a malformed parameter");
      parameters.set(text(name.bytes), text(value.bytes));
    } else if (letter === "K" && backend === null) {
      const key = body.slice(4);
      const fits = talk.minor === 0 ? key.length === 4 : key.length >= 4;
      if (!fits || key.length > CANCEL_KEY_BYTES_MAX) throw talk.broken("sent a malformed key");
      backend = { pid: u32(body, 0), key };
    } else if (letter === "Z" && backend !== null && text(body) === "I") {
      checkParameters(talk, parameters);
      const { pid, key } = backend;
      const list = [...parameters];
      return { ok: true, parameters: list, pid, key, status: "I", protocolMinor: talk.minor };
    } else throw talk.broken("left the order of a login");
  }
}

/** The statement by which `facesTheServer` asks. */
export const WHO_ARE_YOU = "select pg_catalog.pg_backend_pid()";

/**
 * A pooler gives one session's statements to several servers, so that what a session has set or
 * prepared is not there in the next one, and masks would rest on names that mean something else. It
 * also makes up the process id that it announces: a server is asked for its own, and must agree.
 */
function* facesTheServer(talk: Talk, pid: number): Login<void> {
  yield { send: query(WHO_ARE_YOU) };
  const pids: string[] = [];
  for (const expected of ["T", "D", "C", "Z"]) {
    let answer = yield* talk.next();
    while (answer.letter === "S") answer = yield* talk.next();
    if (answer.letter !== expected) throw talk.broken("did not say which process it is");
    if (expected === "D") pids.push(text(answer.body.subarray(6)));
  }
  if (pids[0] === String(pid | 0)) return;
  const message =
    `${talk.host} is a pooler, not the server itself: ` +
    "it would spread one session over several servers.";
  throw new LoginFailure("0A000", message);
}

/** Without these, a statement's bytes would not mean what we read in them. */
const REQUIRED: readonly (readonly [string, string])[] = [
  ["standard_conforming_strings", "on"],
  ["client_encoding", "UTF8"],
];

function checkParameters(talk: Talk, parameters: ReadonlyMap<string, string>): void {
  for (const [name, needed] of REQUIRED) {
    const value = parameters.get(name);
    if (value === needed) continue;
    const found = value === undefined ? "does not say" : `says "${value.slice(0, 40)}" for`;
    const message = `${talk.host} ${found} ${name}; the gateway needs "${needed}".`;
    throw new LoginFailure("0A000", message);
  }
}
