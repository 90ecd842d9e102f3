import { text } from "../core/bytes.ts";
import { cString } from "../core/protocols/postgres/frames.ts";
import { type RowField, readRowDescription } from "../core/protocols/postgres/messages.ts";
import type { CopyShape } from "../core/sql/statement.ts";
import { type Answer, cellsOf, errorsOf, Wire } from "../test/bypass/wire.ts";
import type { ShopPair } from "./pair.ts";

/** A statement as a tool sent it; with `values` by the extended protocol. */
export type Sent = { readonly sql: string; readonly values?: readonly (string | null)[] };

export type Cell = string | null;

/** Rows of one result; a COPY has no fields. */
export type Rows = { readonly fields: readonly RowField[]; readonly rows: readonly Cell[][] };

/** What a server says to one text. */
export type Heard = {
  readonly error: string | null;
  readonly tags: readonly string[];
  readonly results: readonly Rows[];
};

/** A session inside a transaction that ends with it. */
export class Asker {
  readonly #wire: Wire;

  private constructor(wire: Wire) {
    this.#wire = wire;
  }

  static async open(port: number, { password }: ShopPair): Promise<Asker> {
    const wire = await Wire.direct(port, "sluice", password, "shop");
    await wire.query("SET statement_timeout = '20s'");
    await wire.query("BEGIN");
    return new Asker(wire);
  }

  /** `after` sees what the statement has done. It is undone, unless `keep` and it succeeded. */
  async ask(
    { sql, values }: Sent,
    copy: CopyShape | null,
    keep: boolean,
    after: readonly string[] = [],
  ): Promise<Heard> {
    await this.#wire.query("SAVEPOINT one");
    const answers =
      values === undefined
        ? await this.#wire.query(sql)
        : await this.#wire.extended(sql, 0, values);
    const heard = read(answers, copy);
    const more: Rows[] = [];
    for (const query of heard.error === null ? after : []) {
      more.push(...read(await this.#wire.query(query), null).results);
    }
    if (!keep || heard.error !== null) await this.#wire.query("ROLLBACK TO SAVEPOINT one");
    return { ...heard, results: [...heard.results, ...more] };
  }

  /** Takes all back, and the room that it took: sizes are told, too. */
  async close(): Promise<void> {
    await this.#wire.query("ROLLBACK");
    await this.#wire.query("VACUUM customers, employees, orders, payments, products");
    this.#wire.close();
  }
}

function read(answers: readonly Answer[], copy: CopyShape | null): Heard {
  const results: { fields: readonly RowField[]; rows: Cell[][] }[] = [];
  const tags: string[] = [];
  for (const answer of answers) {
    const { letter, body } = answer;
    if (letter === "T") results.push({ fields: readRowDescription(body) ?? [], rows: [] });
    if (letter === "H") results.push({ fields: [], rows: [] });
    if (letter === "D") results.at(-1)?.rows.push(cellsOf([answer]).map(textOf));
    if (letter === "d") results.at(-1)?.rows.push(lineOf(text(body), copy));
    if (letter === "C") tags.push(text(cString(body, 0)?.bytes ?? body));
  }
  return { error: errorsOf(answers)[0] ?? null, tags, results };
}

const textOf = (cell: Uint8Array | null): Cell => (cell === null ? null : text(cell));

/** Delimiters inside a value would shift cells, alike in both copies. */
const lineOf = (line: string, copy: CopyShape | null): Cell[] =>
  line
    .replace(/\r?\n$/, "")
    .split(copy?.delimiter ?? "\t")
    .map((cell) => (cell === (copy?.nullText ?? "\\N") ? null : cell));
