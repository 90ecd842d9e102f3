/** How a way's figure is set beside the baseline's: as its share, or as what it adds. */
export type Against = { readonly column: string; readonly as: "share" | "difference" };

export type TableSettings = {
  readonly title: string;
  readonly columns: readonly string[];
  readonly against?: Against;
  /** Digits behind the point. */
  readonly digits: number;
};

/** Figures of one kind: a row for each line and state, a column for each way. */
export class Table {
  readonly #settings: TableSettings;
  readonly #rows = new Map<string, Map<string, Map<string, number[]>>>();

  constructor(settings: TableSettings) {
    this.#settings = settings;
  }

  add(line: string, state: string, column: string, value: number): void {
    const states = getOrMake(this.#rows, line, () => new Map<string, Map<string, number[]>>());
    const cells = getOrMake(states, state, () => new Map<string, number[]>());
    getOrMake(cells, column, () => []).push(value);
  }

  /** As Markdown: median, and the least and the most of several repeats. */
  text(): string {
    const { title, columns, against } = this.#settings;
    const compared = against === undefined ? [] : this.#compared(against);
    const sign = against?.as === "difference" ? "−" : "÷";
    const head = ["", "state", ...columns, ...compared.map((c) => `${c} ${sign} (c)`)];
    const rows = [...this.#rows].flatMap(([line, states]) =>
      [...states].map(([state, cells]) => [
        line,
        state,
        ...columns.map((column) => this.#cell(cells.get(column) ?? [])),
        ...compared.map((column) => this.#comparison(cells, column)),
      ]),
    );
    return `### ${title}\n\n${markdown([head, ...rows])}`;
  }

  /** Every column behind the baseline's. */
  #compared({ column }: Against): readonly string[] {
    const { columns } = this.#settings;
    return columns.slice(columns.indexOf(column) + 1);
  }

  #cell(values: readonly number[]): string {
    if (values.length === 0) return "";
    const all = values.toSorted((a, b) => a - b);
    const [least, most] = [all[0] as number, all.at(-1) as number];
    const middle = this.#number(median(all));
    return all.length === 1 ? middle : `${middle} (${this.#number(least)}–${this.#number(most)})`;
  }

  #comparison(cells: ReadonlyMap<string, readonly number[]>, column: string): string {
    const { column: base = "", as } = this.#settings.against ?? {};
    const [values, given] = [cells.get(column), cells.get(base)];
    if (values === undefined || given === undefined) return "";
    const [own, other] = [median(values), median(given)];
    if (as === "share") return `${Math.round((100 * own) / other)} %`;
    return `${own < other ? "−" : "+"}${this.#number(Math.abs(own - other))}`;
  }

  #number(value: number): string {
    const { digits } = this.#settings;
    return value.toLocaleString("en", {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
  }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value that this share of all values does not exceed; 0 where there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(middle)] ?? 0, sorted[Math.ceil(middle)] ?? 0];
  return (below + above) / 2;
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** The first two columns are words, the others numbers. */
function markdown(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_, i) => Math.max(3, ...rows.map((row) => (row[i] ?? "").length)));
  const isWord = (i: number): boolean => i < 2;
  const cells = (row: readonly string[]): string[] =>
    widths.map((width, i) => {
      const cell = row[i] ?? "";
      return isWord(i) ? cell.padEnd(width) : cell.padStart(width);
    });
  const rule = widths.map((width, i) =>
    isWord(i) ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [cells(head), rule, ...rows.slice(1).map(cells)]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
}
