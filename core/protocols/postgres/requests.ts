import { strictText, u16, u32 } from "../../bytes.ts";
import type { Command, CommandId } from "../../decision.ts";
import { preparedMax } from "../../limits.ts";
import type { Analysis, Statement } from "../../sql/statement.ts";
import { NO_SUMMARY, type Summary, summaryOf } from "../../sql/summary.ts";
import { hasMoved, isFixed, isPlanned, type Bound } from "./bound.ts";
import { formatAt, readBind, readTarget } from "./client-messages.ts";
import { cString, type Message } from "./frames.ts";
import { describePortal, errorResponse } from "./messages.ts";
import { overwritten } from "./placeholders.ts";
import { askForAnswers, meaningPending } from "./questions.ts";
import { refusalError, type Refused, unreadable } from "./refusal.ts";
import { POISON_PORTAL, refuseExtended, refuseSimple } from "./refuse.ts";
import type { Described, Execution, Portal, Prepared, State, Tombstone } from "./state.ts";

/**
 * What became of a message: passed on or refused; it must wait where it is; it breaks the protocol.
 */
export type Outcome = "taken" | "wait" | "malformed";

/*
 * The client's requests. Each is passed on (with a question noted, so that its answer is
 * understood), made into a command and held for its decision, or refused in its turn.
 */
export class Requests {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  /**
   * Analysis in the present meaning of names; null: wait (for answers on their way, or for the
   * catalog).
   */
  #analysis(sql: Uint8Array): Analysis | null {
    const state = this.#state;
    if (this.#meaningPending()) return null;
    const analysis = state.analyse(sql);
    if (!state.masker.hidesColumns) return analysis;
    if (analysis.statements.some(({ namesHidden }) => namesHidden)) return this.#named(analysis);
    const unresolved = analysis.statements.flatMap((statement) => statement.unresolved);
    const [first] = unresolved;
    if (first === undefined) return analysis;
    return state.refreshOnce(unresolved.join(" ")) ? null : analysis;
  }

  /** By a catalog that is read for it; what none could be read for is not known. */
  #named(analysis: Analysis): Analysis | null {
    const state = this.#state;
    const read = state.named?.read ?? null;
    if (read === null) {
      state.named = { request: state.refresh("what this name was"), read };
      return null;
    }
    state.named = null;
    return read ? analysis : { ...analysis, unknown: "the target's catalog cannot be read" };
  }

  #afterAnswers(): "wait" {
    askForAnswers(this.#state);
    return "wait";
  }

  /** What a name means depends on answers: they are asked for. */
  #meaningPending(): boolean {
    const pending = meaningPending(this.#state);
    if (pending) askForAnswers(this.#state);
    return pending;
  }

  query(message: Message): Outcome {
    const state = this.#state;
    const sql = message.body.subarray(0, message.body.length - 1);
    if (message.body.at(-1) !== 0 || sql.includes(0)) return "malformed";
    const analysis = this.#analysis(sql);
    if (analysis === null) return "wait";
    const command = this.#command(sql, analysis, []);
    const open = analysis.unknown !== null;
    const read: readonly (Statement | null)[] = open ? [null] : analysis.statements;
    const executions = read.map((statement) => this.#execution(command.id, statement, null));
    this.#hold(command, message.bytes.length, {
      run: () => {
        this.#giveUpUnnamed(read.length > 0);
        state.batch++;
        state.questions.push({ of: "simple", executions, next: 0, open });
        state.forward("upstream", message.bytes);
      },
      refuse: (refusal, settled) => {
        this.#giveUpUnnamed(true);
        const { syntaxError } = analysis;
        const plain = syntaxError === undefined || settled.code !== "blocked";
        refuseSimple(state, command.id, plain ? refusal : unreadable(syntaxError, settled));
      },
    });
    return "taken";
  }

  /** A simple query gives the unnamed statement up, refused or not; its statements the portal. */
  #giveUpUnnamed(hasStatements: boolean): void {
    this.#state.statements.delete("");
    if (hasStatements) this.#state.portals.delete("");
  }

  parse(message: Message): Outcome {
    const state = this.#state;
    const name = cString(message.body, 0);
    const sql = name === null ? null : cString(message.body, name.next);
    const key = name === null ? null : strictText(name.bytes);
    if (sql === null || key === null || sql.next + 2 > message.body.length) return "malformed";
    const count = u16(message.body, sql.next);
    if (message.body.length !== sql.next + 2 + 4 * count) return "malformed";
    if (!state.statements.has(key) && state.statements.size >= preparedMax) {
      return this.#limit(`A session keeps at most ${preparedMax} prepared statements.`);
    }
    const entry: Prepared = {
      name: key,
      sql: sql.bytes,
      parameterTypes: Array.from({ length: count }, (_, i) =>
        u32(message.body, sql.next + 2 + 4 * i),
      ),
      fields: null,
      askedIn: null,
      plan: null,
      batch: state.batch,
      confirmed: false,
    };
    const previous = state.statements.get(key) ?? null;
    state.statements.set(key, entry);
    state.questions.push({ of: "parse", entry, previous });
    state.forward("upstream", message.bytes);
    return "taken";
  }

  /** A name is certain within its own batch, or once the server has confirmed it. */
  #certain(entry: { batch: number; confirmed: boolean } | undefined): boolean {
    return entry === undefined || entry.confirmed || entry.batch === this.#state.batch;
  }

  bind(message: Message): Outcome {
    const state = this.#state;
    const bind = readBind(message.body);
    if (bind === null) return "malformed";
    const prepared = state.statements.get(bind.statement);
    if (!this.#certain(prepared)) return "wait";
    if (prepared === undefined || "closed" in prepared) {
      const { statement: name } = bind;
      const which = name === "" ? "unnamed prepared statement" : `prepared statement "${name}"`;
      return this.#missing("26000", `${which} does not exist`);
    }
    if (bind.portal.startsWith(POISON_PORTAL)) {
      return this.#missing("42602", "This portal name is the gateway's own.");
    }
    if (!state.portals.has(bind.portal) && state.portals.size >= preparedMax) {
      return this.#limit(`A session keeps at most ${preparedMax} portals.`);
    }
    const analysis = this.#analysis(prepared.sql);
    if (analysis === null) return "wait";
    const entry: Portal = {
      name: bind.portal,
      prepared,
      parameters: bind.values.map((value, i) => ({
        type: prepared.parameterTypes[i] ?? 0,
        format: formatAt(bind.formats, i),
        value,
      })),
      resultFormats: bind.resultFormats,
      bound: this.#bound(analysis),
      fields: null,
      askedIn: null,
      batch: state.batch,
      confirmed: false,
    };
    this.#decideEarly(entry, message.bytes, () => {
      const previous = state.portals.get(bind.portal) ?? null;
      state.portals.set(bind.portal, entry);
      state.questions.push({ of: "bind", entry, previous });
      state.forward("upstream", message.bytes);
    });
    return "taken";
  }

  #bound(analysis: Analysis): Bound {
    const { masker, names } = this.#state;
    return { analysis, masker, version: names.version, begun: false, decided: null };
  }

  /**
   * Planning already runs functions that call themselves immutable: where a statement calls code,
   * or could, its command is decided before Bind leaves, and not again by Execute.
   */
  #decideEarly({ prepared, parameters, bound }: Portal, bytes: Uint8Array, run: () => void): void {
    const { analysis } = bound;
    const { operations } = summaryOf(analysis);
    if (analysis.unknown === null && !isPlanned(analysis)) return run();
    if (!operations.includes("function") && !operations.includes("unknown")) return run();
    const command = this.#command(prepared.sql, analysis, parameters);
    this.#hold(command, bytes.length, {
      run: () => {
        bound.decided = command.id;
        run();
      },
      refuse: (refusal) => refuseExtended(this.#state, command.id, refusal),
    });
  }

  /** The server would answer with this error: so do we, in its place. */
  #missing(sqlstate: string, message: string): Outcome {
    const refusal = errorResponse({ severity: "ERROR", code: sqlstate, message });
    this.#state.record(0, { kind: "failed", sqlstate, from: "sluice" });
    refuseExtended(this.#state, 0, refusal);
    return "taken";
  }

  #limit(message: string): Outcome {
    return this.#missing("54000", message);
  }

  execute(message: Message): Outcome {
    const state = this.#state;
    const name = cString(message.body, 0);
    const key = name === null ? null : strictText(name.bytes);
    if (name === null || key === null || message.body.length !== name.next + 4) return "malformed";
    if (key !== "" && this.#meaningPending()) return "wait";
    const portal = state.portals.get(key);
    if (!this.#certain(portal)) return "wait";
    if (portal === undefined || "closed" in portal) {
      return this.#missing("34000", `portal "${key}" does not exist`);
    }
    const same = portal.bound.masker === state.masker;
    const fixed = isFixed(portal.bound);
    const analysis = same && fixed ? portal.bound.analysis : this.#analysis(portal.prepared.sql);
    if (analysis === null) return "wait";
    if (hasMoved(portal.bound, state.names.version)) {
      // An error on its way may take the portal along, and is then what the client should hear.
      if (state.questions.length > 0) return this.#afterAnswers();
      return this.#missing("55000", "Names have changed since this was bound; bind it again.");
    }
    const bound = fixed ? portal.bound : this.#bound(analysis);
    const statement = this.#meant(analysis, bound);
    const run = (command: CommandId): void => {
      this.#describeUnseen(portal, analysis.statements[0] ?? null);
      const execution = { ...this.#execution(command, statement, portal), bound };
      state.questions.push({ of: "execute", execution });
      state.forward("upstream", message.bytes);
    };
    if (same && portal.bound.decided !== null) {
      run(portal.bound.decided);
      return "taken";
    }
    const command = this.#command(portal.prepared.sql, analysis, portal.parameters);
    this.#hold(command, message.bytes.length, {
      run: () => run(command.id),
      refuse: (refusal) => refuseExtended(state, command.id, refusal),
    });
    return "taken";
  }

  /** Null: nobody can say what it shows. */
  #meant(analysis: Analysis, bound: Bound): Statement | null {
    const [statement, more] = analysis.statements;
    if (statement === undefined || more !== undefined || analysis.unknown !== null) return null;
    // Read under another policy, its names may have meant something else.
    const sure = !isFixed(bound) || bound.masker === this.#state.masker;
    return sure ? statement : { ...statement, outputs: null };
  }

  /**
   * Rows can only be masked when their description is known: where the client did not ask, we do.
   */
  #describeUnseen(portal: Portal, statement: Statement | null): void {
    const state = this.#state;
    const stable = statement !== null && !statement.volatileShape;
    const known = ({ fields, askedIn }: Described): boolean =>
      fields !== null || askedIn === state.batch;
    if (known(portal) || (stable && known(portal.prepared))) return;
    const target = stable ? portal.prepared : portal;
    target.askedIn = state.batch;
    state.questions.push({ of: "describe", target, unseen: true });
    state.forward("upstream", describePortal(portal.name));
  }

  describe(message: Message): Outcome {
    const state = this.#state;
    const target = readTarget(message.body);
    if (target === null) return "malformed";
    const map = target.kind === "statement" ? state.statements : state.portals;
    const entry: Prepared | Portal | Tombstone | undefined = map.get(target.name);
    if (!this.#certain(entry)) return "wait";
    const known = entry !== undefined && !("closed" in entry);
    if (!known && target.kind === "statement") {
      return this.#missing("26000", `prepared statement "${target.name}" does not exist`);
    }
    // A portal that no Bind has made may be a cursor of SQL's DECLARE.
    const described: Described = known ? entry : { fields: null, askedIn: null };
    described.askedIn = state.batch;
    state.questions.push({ of: "describe", target: described, unseen: false });
    state.forward("upstream", message.bytes);
    return "taken";
  }

  close(message: Message): Outcome {
    const state = this.#state;
    const target = readTarget(message.body);
    if (target === null) return "malformed";
    const { kind, name } = target;
    const map: Map<string, Prepared | Portal | Tombstone> =
      kind === "statement" ? state.statements : state.portals;
    const previous = map.get(name) ?? null;
    const entry: Tombstone = { closed: true, batch: state.batch, confirmed: false };
    map.set(name, entry);
    state.questions.push({ of: "close", kind, name, entry, previous });
    state.forward("upstream", message.bytes);
    return "taken";
  }

  /**
   * The fast path calls a function by number, and its answer carries no description: where columns
   * are masked it cannot be let through.
   */
  function(message: Message): Outcome {
    const state = this.#state;
    if (message.body.length < 4) return "malformed";
    const text = `fast-path call of function ${u32(message.body, 0)}`;
    const summary = { ...NO_SUMMARY, shown: text, operations: ["function"] } as const;
    const command = this.#build(text, summary, [], null);
    if (state.masker.hidesColumns) {
      const what = "Function calls by number are refused where columns are masked.";
      const refusal = errorResponse({ severity: "ERROR", code: "42501", message: what });
      state.record(command.id, { kind: "note", message: `${text}: refused` });
      refuseSimple(state, command.id, refusal);
      return "taken";
    }
    this.#hold(command, message.bytes.length, {
      run: () => {
        state.batch++;
        state.questions.push({ of: "function", command: command.id });
        state.forward("upstream", message.bytes);
      },
      refuse: (refusal) => refuseSimple(state, command.id, refusal),
    });
    return "taken";
  }

  #execution(command: number, statement: Statement | null, portal: Portal | null): Execution {
    return {
      command,
      statement,
      portal,
      bound: null,
      fields: null,
      plan: null,
      copyInBegun: false,
      copyOut: null,
    };
  }

  #hold(
    command: Command,
    bytes: number,
    then: { run: () => void; refuse: (refusal: Uint8Array, settled: Refused) => void },
  ): void {
    const state = this.#state;
    state.held = {
      command: command.id,
      bytes,
      run: then.run,
      refuse: (settled) => {
        const sqlstate = settled.code === "withdrawn" ? "57014" : "42501";
        state.record(command.id, { kind: "failed", sqlstate, from: "sluice" });
        then.refuse(refusalError(settled), settled);
      },
    };
    state.act({ do: "hold", command });
  }

  #command(sql: Uint8Array, analysis: Analysis, parameters: Command["parameters"]): Command {
    const over = overwritten(analysis.statements, parameters, this.#state.masker);
    return this.#build(strictText(sql) ?? "", summaryOf(analysis), parameters, over);
  }

  #build(
    text: string,
    summary: Summary,
    parameters: Command["parameters"],
    overwrites: Command["overwrites"],
  ): Command {
    return {
      ...summary,
      questions: this.#state.asked.count(summary.questions, text, parameters),
      id: this.#state.nextCommand(),
      protocol: "postgres",
      text,
      parameters,
      overwrites,
      holdsLocks: this.#state.holdsLocks && this.#state.status === "T",
      searchPath: this.#state.names.sharedPath,
    };
  }
}
