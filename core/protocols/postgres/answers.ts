import { text, u16, utf8 } from "../../bytes.ts";
import { planCopy } from "./describe.ts";
import { isPlanned } from "./bound.ts";
import { safeError } from "./errors.ts";
import { copyGuard } from "./copy-guard.ts";
import { copyTally } from "./copy-in.ts";
import { copyMasker } from "./copy.ts";
import { cString, type Message } from "./frames.ts";
import { message as build, readFields, readRowDescription } from "./messages.ts";
import type { SessionEffect } from "../../sql/statement.ts";
import { skipToSync } from "./questions.ts";
import type { Results } from "./results.ts";
import type { Execution, Portal, Question, State } from "./state.ts";

/** Anything but null ends the session: `too large`, or how the server broke the protocol. */
type Fault = string | null;

/** Messages without a body: ParseComplete, BindComplete, CloseComplete, NoData and their like. */
const EMPTY_BODIES: ReadonlySet<number> = new Set(utf8("123nIsc"));

const COMMAND_COMPLETE = 0x43;
const PORTAL_SUSPENDED = 0x73;

/** Tags are the server's own words ("INSERT 0 1"): room for nothing else. */
const TAG = /^[A-Z][A-Z0-9 ]{0,63}$/;

/** CommandComplete's; "" for EmptyQueryResponse; null: malformed. */
function tagOf({ type, body }: Message): string | null {
  if (type !== COMMAND_COMPLETE) return "";
  const tag = cString(body, 0);
  const shown = tag === null ? "" : text(tag.bytes);
  return tag?.next === body.length && TAG.test(shown) ? shown : null;
}

const STATUSES: ReadonlyMap<number, "I" | "T" | "E"> = new Map([
  [0x49, "I"],
  [0x54, "T"],
  [0x45, "E"],
]);

/** A change of these would change what statements mean: we read them as `on` and UTF8. */
const FIXED_PARAMETERS: ReadonlyMap<string, string> = new Map([
  ["standard_conforming_strings", "on"],
  ["client_encoding", "UTF8"],
]);

const SQLSTATE = /^[0-9A-Z]{5}$/;
const FATAL = new Set(["FATAL", "PANIC"]);

/** Parameters whose text a statement can fill with anything. */
const FREE_TEXT_PARAMETERS = new Set(["application_name", "search_path"]);

/** The server's answers but rows, each matched with the question that it answers. */
export class Answers {
  readonly #state: State;
  readonly #results: Results;

  constructor(state: State, results: Results) {
    this.#state = state;
    this.#results = results;
  }

  one(message: Message): Fault {
    const [head] = this.#state.questions;
    if (EMPTY_BODIES.has(message.type) && message.body.length > 0) return "a message too long";
    switch (String.fromCharCode(message.type)) {
      case "1":
      case "2":
      case "3":
        return this.#confirmed(message, head);
      case "t":
        return this.#parameters(message, head);
      case "T":
      case "n":
        return this.#described(message, head);
      case "D":
        return this.#results.rows(message.bytes) ? null : "a row that is not as described";
      case "C":
      case "I":
      case "s":
        return this.#completed(message, head);
      case "G":
      case "H":
        return this.#copyBegins(message, head);
      case "d":
        return this.copyData(message.bytes);
      case "c":
        return this.#copyEnds(message);
      case "V":
        return head?.of === "function" ? this.#pass(message) : "an unexpected function result";
      case "E":
        return this.#failed(message, head);
      case "Z":
        return this.#ready(message, head);
      default:
        return this.#aside(message);
    }
  }

  /** ParameterDescription. */
  #parameters(message: Message, head: Question | undefined): Fault {
    const whole = message.body.length === 2 + 4 * u16(message.body, 0);
    return head?.of === "describe" && whole ? this.#pass(message) : "an unexpected description";
  }

  #pass(message: Message): null {
    this.#results.pass(message.bytes);
    return null;
  }

  /** ParseComplete, BindComplete, CloseComplete: now a name means what we took it to mean. */
  #confirmed(message: Message, head: Question | undefined): Fault {
    const state = this.#state;
    const expected = { 0x31: "parse", 0x32: "bind", 0x33: "close" }[message.type];
    if (head === undefined || head.of !== expected) return "an answer to another question";
    state.questions.shift();
    if (head.of === "parse") {
      head.entry.confirmed = true;
      this.#confirmPrepared(head.entry.name, head.entry.sql);
    } else if (head.of === "bind") {
      head.entry.confirmed = true;
      this.#confirmPortal(head.entry);
    } else if (head.of === "close") this.#bury(head);
    return this.#pass(message);
  }

  /** Statements of both protocols share one namespace: SQL's EXECUTE may name this one. */
  #confirmPrepared(name: string, sql: Uint8Array): void {
    if (name === "") return;
    const [statement] = this.#state.analyse(sql).statements;
    if (statement !== undefined) this.#state.names.apply([{ do: "prepare", name, statement }]);
  }

  /** A named portal is a cursor: SQL's FETCH and MOVE may name it. */
  #confirmPortal({ name, bound }: Portal): void {
    if (name === "") return;
    const [statement] = bound.analysis.statements;
    // What EXECUTE and its like show is settled only when they run.
    const known = statement !== undefined && isPlanned(bound.analysis);
    this.#state.names.apply([
      known ? { do: "declare", name, statement, hold: false } : { do: "closeCursor", name },
    ]);
  }

  #bury(closed: Extract<Question, { of: "close" }>): void {
    const { kind, name } = closed;
    const map: Map<string, unknown> =
      kind === "statement" ? this.#state.statements : this.#state.portals;
    closed.entry.confirmed = true;
    if (map.get(name) === closed.entry) map.delete(name);
    if (kind === "statement" && name !== "") {
      this.#state.names.apply([{ do: "deallocate", name }]);
    }
    if (kind === "portal" && name !== "") this.#state.names.apply([{ do: "closeCursor", name }]);
  }

  /** RowDescription or NoData. */
  #described(message: Message, head: Question | undefined): Fault {
    const fields = message.type === 0x6e ? [] : readRowDescription(message.body);
    if (fields === null) return "a malformed row description";
    if (head?.of === "describe") {
      this.#state.questions.shift();
      head.target.fields = fields;
      return head.unseen ? null : this.#pass(message);
    }
    const execution = head?.of === "simple" ? head.executions[head.next] : undefined;
    if (execution === undefined || execution.fields !== null) {
      return "an unexpected row description";
    }
    execution.fields = fields;
    return this.#pass(message);
  }

  /** CommandComplete, EmptyQueryResponse, PortalSuspended. */
  #completed(message: Message, head: Question | undefined): Fault {
    const state = this.#state;
    const execution = this.#results.current();
    const suspended = message.type === PORTAL_SUSPENDED;
    const tag = suspended ? "PortalSuspended" : tagOf(message);
    if (tag === null) return "a malformed end of a command";
    if (head?.of === "simple") {
      if (suspended) return "a suspended portal that nobody opened";
      if (execution === null && message.type === COMMAND_COMPLETE)
        return "more results than statements";
      if (!head.open) head.next++;
    } else if (head?.of === "execute") state.questions.shift();
    else return "an unexpected end of a command";
    if (execution !== null) this.#finish(execution, message.type, tag);
    if (suspended && execution !== null) this.#goesOn(execution);
    if (execution !== null && head.of === "simple" && head.open) this.#again(execution);
    return this.#pass(message);
  }

  /** The portal's rows go on with the next Execute, whatever its statement would mean by then. */
  #goesOn({ portal, bound }: Execution): void {
    if (portal !== null && bound !== null) portal.bound = { ...bound, begun: true };
  }

  /** The next answer of a text that could not be read: how many there are, nobody has said. */
  #again(execution: Execution): void {
    execution.fields = null;
    execution.plan = null;
    execution.copyInBegun = false;
    execution.copyOut = null;
  }

  #finish(execution: Execution, type: number, tag: string): void {
    const state = this.#state;
    state.copyInOver();
    state.record(execution.command, this.#results.completed(execution, tag));
    const { statement } = execution;
    if (statement?.takesLocks !== false) state.holdsLocks = true;
    if (type === COMMAND_COMPLETE) this.#apply(statement?.effects ?? [], tag);
  }

  /**
   * Outside a transaction block a query string, or all up to Sync, is one implicit transaction
   * (manual, "Multiple Statements in a Simple Query"): an error takes back what it did to names.
   */
  #apply(effects: readonly SessionEffect[], tag: string): void {
    const state = this.#state;
    if (effects.length === 0) return;
    state.apply([{ do: "begin" }]);
    state.unsettled = true;
    // COMMIT of a failed transaction is answered with ROLLBACK.
    const undone = tag === "ROLLBACK";
    state.apply(
      effects.map((effect) => (undone && effect.do === "commit" ? { do: "rollback" } : effect)),
    );
  }

  #copyBegins(message: Message, head: Question | undefined): Fault {
    const state = this.#state;
    const execution = this.#results.current();
    if (execution === null || head === undefined) return "an unexpected COPY";
    if (message.body.length < 3 || message.body.length !== 3 + 2 * u16(message.body, 1)) {
      return "a malformed start of a COPY";
    }
    const binary = message.body[0] === 1;
    if (message.type === 0x47) {
      execution.copyInBegun = true;
      const guard = copyGuard(execution.statement, u16(message.body, 1), state.masker);
      state.copyIn = copyTally(execution.command, binary, state.parts.crypto, guard);
      return this.#pass(message);
    }
    const { masker, names } = state;
    const shape = execution.statement?.copy ?? null;
    execution.copyOut = "clear";
    if (!masker.idle) {
      const count = u16(message.body, 1);
      const typeOf = names.typeOf.bind(names);
      const format = binary ? 1 : 0;
      const columns = planCopy(execution.statement, count, format, typeOf, masker);
      if (shape === null) return "a COPY that the statement does not announce";
      execution.copyOut = copyMasker(shape, columns, masker) ?? "clear";
    }
    return this.#pass(message);
  }

  /** Whole CopyData messages, one after another. */
  copyData(run: Uint8Array): Fault {
    const execution = this.#results.current();
    if (execution === null) return "data of a COPY that nobody asked for";
    const passed = this.#results.copy(execution, run);
    if (passed === "malformed") return "COPY data that is not as described";
    return passed === "ok" ? null : passed;
  }

  #copyEnds(message: Message): Fault {
    const copyOut = this.#results.current()?.copyOut ?? null;
    if (copyOut === null) return "the end of a COPY that nobody asked for";
    const rest = copyOut === "clear" ? undefined : copyOut.end();
    if (typeof rest === "string") return "COPY data that ends in the middle of a row";
    if (rest !== undefined && rest.length > 0) this.#results.copyData(rest);
    return this.#pass(message);
  }

  /** ErrorResponse: in the extended protocol the server now skips to Sync. */
  #failed(message: Message, head: Question | undefined): Fault {
    const state = this.#state;
    state.copyInOver();
    state.failed = true;
    if (head?.of === "poison") {
      this.#results.author(head.refusal);
      skipToSync(state);
      return null;
    }
    const command = this.#results.current()?.command ?? 0;
    const safe = this.#safe(message.body);
    const fields = readFields(safe);
    const refused = state.copyRefused?.command === command ? state.copyRefused : null;
    state.copyRefused = null;
    if (refused !== null) this.#results.author(refused.refusal);
    else {
      const sqlstate = SQLSTATE.exec(fields?.get("C") ?? "")?.[0] ?? "XX000";
      state.record(command, { kind: "failed", sqlstate, from: "upstream" });
      this.#results.pass(build("E", safe));
    }
    if (FATAL.has(fields?.get("V") ?? "")) return this.#lastWord();
    const survives = head === undefined || head.of === "simple" || head.of === "function";
    if (!survives && head.of !== "sync") skipToSync(state);
    return null;
  }

  /** Behind a FATAL the server says nothing more, and needs no goodbye of ours. */
  #lastWord(): null {
    this.#results.flush();
    this.#state.close("upstream_ended", "The target ended the session.");
    return null;
  }

  /** The texts of an error or a notice, with nothing in them that a mask would hide. */
  #safe(body: Uint8Array): Uint8Array {
    const { masker } = this.#state;
    if (masker.idle) return body;
    return safeError(body, masker);
  }

  #ready(message: Message, head: Question | undefined): Fault {
    const state = this.#state;
    const status = STATUSES.get(message.body[0] ?? 0);
    if (status === undefined || message.body.length !== 1) return "a malformed ReadyForQuery";
    if (head === undefined || !["sync", "simple", "function"].includes(head.of)) {
      return "a ReadyForQuery that nobody waits for";
    }
    state.questions.shift();
    state.status = status;
    if (status === "I") this.#transactionOver();
    state.failed = false;
    state.unsettled = false;
    return this.#pass(message);
  }

  #transactionOver(): void {
    const state = this.#state;
    state.holdsLocks = false;
    state.apply([{ do: state.failed ? "rollback" : "commit" }]);
    for (const [name, portal] of state.portals) if (portal.confirmed) state.portals.delete(name);
    if (state.names.stale && state.lookup === null) state.refresh("what this session has changed");
  }

  /** What may come at any time: notices, notifications, parameters. */
  #aside(message: Message): Fault {
    const { masker } = this.#state;
    switch (String.fromCharCode(message.type)) {
      case "N":
        this.#results.pass(build("N", this.#safe(message.body)));
        return null;
      case "A":
        return this.#notification(message);
      case "S":
        return this.#parameter(message, masker.hidesColumns);
      default:
        return `a message of type ${message.type}`;
    }
  }

  /**
   * A payload can carry any value, and nothing says from where: where columns are masked it is
   * emptied.
   */
  #notification(message: Message): Fault {
    const channel = cString(message.body, 4);
    const payload = channel === null ? null : cString(message.body, channel.next);
    if (channel === null || payload === null) return "a malformed notification";
    const { masker } = this.#state;
    if (masker.idle) return this.#pass(message);
    const shown = masker.hidesColumns
      ? new Uint8Array(0)
      : (masker.scan(payload.bytes, "payload")?.bytes ?? payload.bytes);
    this.#results.pass(
      build("A", message.body.subarray(0, channel.next), shown, new Uint8Array(1)),
    );
    return null;
  }

  #parameter(message: Message, hidesColumns: boolean): Fault {
    const name = cString(message.body, 0);
    const value = name === null ? null : cString(message.body, name.next);
    if (name === null || value === null) return "a malformed parameter";
    const key = text(name.bytes);
    const fixed = FIXED_PARAMETERS.get(key);
    if (fixed !== undefined && text(value.bytes) !== fixed) {
      return `${key} = ${text(value.bytes)}, under which statements cannot be read safely`;
    }
    if (hidesColumns && FREE_TEXT_PARAMETERS.has(key)) return null;
    return this.#pass(message);
  }
}
