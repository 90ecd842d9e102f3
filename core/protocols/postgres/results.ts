import { concat, i32, putU32, u16 } from "../../bytes.ts";
import type { Fact } from "../../fact.ts";
import type { Masker } from "../../masker.ts";
import type { Tally } from "../../tally.ts";
import { RowWriter } from "./rows.ts";
import { RowStream, streamable } from "./stream.ts";
import { planResult } from "./describe.ts";
import { HEADER_BYTES } from "./frames.ts";
import type { CopyMasker } from "./copy.ts";
import type { RowPlan } from "./cells.ts";
import type { RowField } from "./messages.ts";
import type { Execution, Portal, State } from "./state.ts";

const COPY_DATA = 0x64;

/** Too large: a row that cannot be held, with a masked cell that cannot be streamed. */
export type Passed = "ok" | "malformed" | "too large";

/**
 * What goes to the client, in the order in which it came: runs that pass are views of the chunk,
 * rows that are rewritten come out of one writer, and a step hands over one contiguous piece.
 */
export class Results {
  readonly #state: State;
  #writer: RowWriter;
  #writerOf: unknown;
  #parts: Uint8Array[] = [];
  /** Rows of the present result: they come by this plan. */
  #execution: Execution | null = null;
  #plannedBy: Masker | null = null;
  #stream: RowStream | CopyMasker | "clear" | null = null;
  /** Rows cannot go on before the catalog has answered. */
  waiting = false;

  constructor(state: State) {
    this.#state = state;
    this.#writer = new RowWriter(state.masker);
    this.#writerOf = state.masker;
  }

  /** Hands over all that is ready, as one piece. */
  flush(): void {
    this.#settleWriter();
    if (this.#parts.length === 0) return;
    this.#state.forward("client", concat(this.#parts));
    this.#parts = [];
  }

  pass(bytes: Uint8Array): void {
    this.#settleWriter();
    const last = this.#parts.at(-1);
    const adjoins =
      last !== undefined &&
      last.buffer === bytes.buffer &&
      last.byteOffset + last.length === bytes.byteOffset;
    if (!adjoins) this.#parts.push(bytes);
    else {
      const joined = new Uint8Array(last.buffer, last.byteOffset, last.length + bytes.length);
      this.#parts[this.#parts.length - 1] = joined;
    }
  }

  /** Our own bytes, in the place of an answer. */
  author(bytes: Uint8Array): void {
    this.flush();
    this.#state.act({ do: "reply", to: "client", bytes });
  }

  #settleWriter(): void {
    const written = this.#writer.take();
    if (written.length > 0) this.#parts.push(written);
  }

  /** The execution whose rows are next, by the question that is being answered. */
  current(): Execution | null {
    const [question] = this.#state.questions;
    if (question === undefined) return null;
    if (question.of === "execute") return question.execution;
    return question.of === "simple" ? (question.executions[question.next] ?? null) : null;
  }

  /** Whether rows may come: the present result has its plan, by the present policy. */
  beginRows(): "ready" | "waits" | "stray" {
    const execution = this.current();
    if (execution === null) return "stray";
    const { masker } = this.#state;
    const planned = execution.plan !== null && this.#plannedBy === masker;
    if (execution === this.#execution && planned) return "ready";
    this.#execution = execution;
    this.#plannedBy = masker;
    this.#planOf(execution);
    if (execution.plan !== null) return "ready";
    return this.waiting ? "waits" : "stray";
  }

  #planOf(execution: Execution): void {
    const { portal } = execution;
    if (portal !== null) this.#planPortal(execution, portal);
    else if (execution.fields !== null) {
      // Text, unless it is fetched from a binary cursor.
      const formats = execution.fields.map(({ format }) => format);
      execution.plan = this.#plan(execution, execution.fields, formats);
    }
  }

  /** One plan serves every execution of a prepared statement until something behind it changes. */
  #planPortal(execution: Execution, portal: Portal): void {
    const { prepared } = portal;
    const fields = portal.fields ?? prepared.fields;
    if (fields === null) return;
    const { names, masker } = this.#state;
    const formats = portal.resultFormats.join();
    const from = [fields, formats, execution.statement, names.version, masker];
    const known = prepared.plan;
    if (known !== null && known.from.every((part, i) => part === from[i])) {
      execution.plan = known.plan;
      return;
    }
    execution.plan = this.#plan(execution, fields, portal.resultFormats);
    if (execution.plan !== null) prepared.plan = { from, plan: execution.plan };
  }

  /** Null: the catalog was asked, rows wait. What it does not know after that is opaque. */
  #plan(
    execution: Execution,
    fields: readonly RowField[],
    formats: readonly number[],
  ): RowPlan | null {
    const { names, masker } = this.#state;
    const plan = planResult(fields, formats, execution.statement, names, masker, this.waiting);
    this.waiting = "unknown" in plan && this.#state.refreshOnce(plan.unknown);
    if (!("unknown" in plan)) return plan;
    if (this.waiting) return null;
    return planResult(fields, formats, execution.statement, names, masker, true) as RowPlan;
  }

  /** A run of whole DataRow messages; false: malformed. */
  rows(run: Uint8Array): boolean {
    const plan = (this.#execution as Execution).plan as RowPlan;
    if (plan.touches) return this.#currentWriter().rows(run, plan);
    const good = this.#state.masker.idle ? run.length : describedEnd(run, plan.columns.length);
    if (good > 0) this.pass(run.subarray(0, good));
    return good === run.length;
  }

  #currentWriter(): RowWriter {
    if (this.#writerOf !== this.#state.masker) {
      this.#settleWriter();
      const { tally } = this.#writer;
      this.#writer = new RowWriter(this.#state.masker);
      this.#writer.tally.add(tally);
      this.#writerOf = this.#state.masker;
    }
    return this.#writer;
  }

  /** A row, or a COPY's data, too large to hold (CONTRACTS §7). */
  beginStream(type: number, length: number): Passed {
    const execution = this.current();
    if (execution === null) return "malformed";
    if (type === COPY_DATA) {
      if (execution.copyOut === null) return "malformed";
      this.#stream = execution.copyOut;
      if (this.#stream === "clear") this.pass(header(type, length));
      return "ok";
    }
    const plan = execution.plan as RowPlan;
    if (plan.touches && !streamable(plan)) return "too large";
    // Where anything is masked, a row has no more columns than were described.
    this.#stream = !this.#state.masker.idle
      ? new RowStream(plan, this.#state.masker, length - HEADER_BYTES)
      : "clear";
    this.pass(header(type, length));
    return "ok";
  }

  stream(bytes: Uint8Array, last: boolean): Passed {
    const stream = this.#stream;
    if (last) this.#stream = null;
    if (stream === "clear" || stream === null) {
      this.pass(bytes);
      return "ok";
    }
    const out = stream.push(bytes);
    if (typeof out === "string") {
      // What came before the fault leaves, however it was cut.
      if (stream instanceof RowStream) this.pass(stream.take());
      return out;
    }
    if (stream instanceof RowStream) {
      if (out.length > 0) this.pass(out);
      if (last) this.#currentWriter().tally.add(stream.tally);
    } else if (out.length > 0) this.copyData(out);
    return "ok";
  }

  /** Whole CopyData messages, one after another, each masked where rules say: most are a row. */
  copy(execution: Execution, run: Uint8Array): Passed {
    const { copyOut } = execution;
    if (copyOut === null) return "malformed";
    if (copyOut === "clear") {
      this.pass(run);
      return "ok";
    }
    for (let at = 0; at < run.length;) {
      const end = at + 1 + i32(run, at + 1);
      const out = copyOut.push(run.subarray(at + HEADER_BYTES, end));
      if (typeof out === "string") return out;
      if (out.length > 0) this.copyData(out);
      at = end;
    }
    return "ok";
  }

  copyData(payload: Uint8Array): void {
    this.#currentWriter().copyData(payload);
  }

  /** One statement's answer is over: what was masked in it, by rule and by kind. */
  completed(execution: Execution, tag: string): Fact {
    const tally: Tally = this.#currentWriter().tally;
    const { copyOut } = execution;
    if (copyOut !== null && copyOut !== "clear") tally.add(copyOut.tally);
    const counted = tally.take();
    const rows = Number(/(\d+)$/.exec(tag)?.[1] ?? 0);
    return { kind: "completed", tag, rows, ...counted };
  }
}

/**
 * Where the rows of a run cease to have this many cells: what nobody has described is not shown.
 */
function describedEnd(run: Uint8Array, columns: number): number {
  let at = 0;
  while (at < run.length) {
    const length = i32(run, at + 1);
    if (length < 6 || u16(run, at + HEADER_BYTES) !== columns) break;
    at += length + 1;
  }
  return at;
}

function header(type: number, length: number): Uint8Array {
  const out = new Uint8Array(HEADER_BYTES);
  out[0] = type;
  putU32(out, 1, length - 1);
  return out;
}
