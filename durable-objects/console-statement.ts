import type { ConsoleTold } from "../core/api/console.ts";
import { text, u32Bytes, utf8 } from "../core/bytes.ts";
import {
  consoleMessageBytesMax,
  consolePageBytesMax,
  consolePageRows,
  consoleReadSeconds,
  consoleSqlBytesMax,
} from "../core/limits.ts";
import { grammar, grammarReady } from "./grammar.ts";

const cancelAgainMs = 1_000;

type Cells = readonly (Uint8Array | null)[];
/** `command` null: rows are left. `count`: of the last page; null where the tag has none. */
type Outcome = { readonly command: string | null; readonly count: number | null };

/**
 * A query of the `postgres` package that hands over cells as bytes, as far as it is used here; its
 * own types do not know that `cursor` and `forEach` go together.
 */
export type Query = Promise<Outcome> & {
  cursor(rows: number, page: (outcome: Outcome) => unknown): Query;
  forEach(row: (cells: Cells) => void): Query;
  readonly statement: { readonly columns: readonly { readonly name: string }[] | null } | null;
  readonly state: { readonly secret: number } | null;
};

export type StatementParts = {
  readonly id: number;
  readonly query: Query;
  /** What a page's function answers to let the rest go. */
  readonly close: object;
  readonly cancel: (key: Uint8Array) => void;
  /** A row has come whole. */
  readonly read: () => void;
  readonly tell: (told: ConsoleTold) => void;
};

/** What PostgreSQL's grammar says against running it here, or null. */
export async function objection(sql: string): Promise<string | null> {
  const bytes = utf8(sql);
  if (bytes.length > consoleSqlBytesMax) {
    return `A console takes ${consoleSqlBytesMax / 1024} KiB at most. Use psql for scripts.`;
  }
  await grammarReady()?.catch(() => {});
  const parsed = grammar.parse(bytes);
  // What it cannot read the target may; or it says what is wrong, with the place.
  if (parsed.is !== "tree") return null;
  const { stmts } = parsed.tree;
  if (stmts.length === 0) return "There is no statement in it.";
  if (stmts.length > 1) {
    return `One statement at a time: these are ${stmts.length}. Select the one to run.`;
  }
  const isCopy = stmts[0] !== undefined && "CopyStmt" in stmts[0].stmt;
  return isCopy ? "COPY moves data of a client: use psql for it." : null;
}

/** One statement, read page by page. Never more than a page of its rows is kept. */
export class ConsoleStatement {
  readonly id: number;
  readonly #parts: StatementParts;
  #rows: (string | null)[][] = [];
  #messageBytes = 0;
  #pageBytes = 0;
  #total = 0;
  /** Rows went to the page, so it knows the columns. */
  #shown = false;
  /** Set while rows wait to be read: goes on, or lets them go. */
  #waiting: ((more: boolean) => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #stopping: ReturnType<typeof setInterval> | null = null;
  #whole = true;
  #tooLarge = false;

  constructor(parts: StatementParts) {
    this.#parts = parts;
    this.id = parts.id;
  }

  async run(): Promise<void> {
    const { query, tell, id } = this.#parts;
    const begun = Date.now();
    try {
      const outcome = await query
        .cursor(consolePageRows, (page) => this.#pageEnd(page))
        .forEach((cells) => this.#row(cells));
      // The package calls no page's function where the tag counts no rows: "SHOW", "SELECT 0".
      const isLeft = this.#rows.length > 0 || !this.#shown;
      if (isLeft && this.#columns.length > 0) this.#show(false);
      const rows = this.#columns.length > 0 ? this.#total : outcome.count;
      const [tag, ms] = [outcome.command ?? "", Date.now() - begun];
      tell({ on: "done", id, tag, rows, ms, whole: this.#whole });
    } catch (error) {
      tell(this.#tooLarge ? tooLarge(id) : failureOf(id, error));
    } finally {
      if (this.#stopping !== null) clearInterval(this.#stopping);
    }
  }

  more(): void {
    this.#waiting?.(true);
  }

  cancel(): void {
    if (this.#waiting !== null) return this.#waiting(false);
    if (this.#stopping !== null) return;
    const stop = () => {
      const { state } = this.#parts.query;
      if (state !== null) this.#parts.cancel(u32Bytes(state.secret));
    };
    // The package writes in a turn of its own: a cancel must not come before what it is for.
    setTimeout(stop);
    // One that comes before the statement, or finds the server between two messages, is lost.
    this.#stopping = setInterval(stop, cancelAgainMs);
  }

  /** The session ends: what runs is cancelled, and what waits is neither read nor committed. */
  leave(): void {
    if (this.#waiting === null) return this.cancel();
    this.#waited();
  }

  #waited(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#waiting = null;
  }

  get #columns(): readonly { readonly name: string }[] {
    return (this.#parts.query.statement?.columns ?? []).map(({ name }) => ({ name }));
  }

  #row(cells: Cells): void {
    this.#parts.read();
    if (this.#tooLarge) return;
    let bytes = 0;
    for (const cell of cells) bytes += cell?.length ?? 0;
    this.#pageBytes += bytes;
    this.#messageBytes += bytes;
    if (this.#pageBytes > consolePageBytesMax) {
      this.#tooLarge = true;
      this.#whole = false;
      return this.cancel();
    }
    this.#total++;
    this.#rows.push(cells.map((cell) => (cell === null ? null : text(cell))));
    if (this.#messageBytes >= consoleMessageBytesMax) this.#show(false);
  }

  /** Also called at the end, where `command` says so. */
  #pageEnd({ command }: Outcome): Promise<unknown> | undefined {
    // A cancel that came too late for these rows stands for the next ones.
    const isStopped = this.#stopping !== null;
    if (this.#columns.length > 0) this.#show(command === null && !isStopped);
    this.#pageBytes = 0;
    if (command !== null) return undefined;
    if (isStopped) {
      this.#whole = false;
      return Promise.resolve(this.#parts.close);
    }
    return new Promise((resolve) => {
      this.#timer = setTimeout(() => this.#waiting?.(false), consoleReadSeconds * 1000);
      this.#waiting = (more) => {
        this.#waited();
        this.#whole &&= more;
        resolve(more ? undefined : this.#parts.close);
      };
    });
  }

  #show(more: boolean): void {
    const { id, tell } = this.#parts;
    tell({ on: "rows", id, columns: [...this.#columns], rows: this.#rows, more });
    this.#shown = true;
    this.#rows = [];
    this.#messageBytes = 0;
  }
}

const NOTHING = { detail: null, hint: null, position: null };

type Failed = Extract<ConsoleTold, { on: "failed" }>;

export const failed = (id: number, code: string, message: string): Failed => ({
  on: "failed",
  id,
  code,
  message,
  ...NOTHING,
});

const tooLarge = (id: number): ConsoleTold => ({
  ...failed(id, "54000", "These rows are too large for a page, so the statement was cancelled."),
  hint: "Select fewer columns, or use psql.",
});

type ServerError = Error & Partial<Record<"code" | "detail" | "hint" | "position", string>>;

function failureOf(id: number, error: unknown): ConsoleTold {
  const { code = "internal", message, detail, hint, position } = error as ServerError;
  return {
    ...failed(id, code, message),
    detail: detail ?? null,
    hint: hint ?? null,
    position: position === undefined ? null : Number(position),
  };
}
