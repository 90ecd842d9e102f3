import { Asker, type Heard, type Sent } from "./answer.ts";
import type { Gate, Reading } from "./gate.ts";
import type { ShopPair } from "./pair.ts";
import { difference, type Need, needOf, needOfRefusal, tells, type Trial } from "./verdict.ts";

/** What becomes of a statement, and whether two copies that differ in masked values agree to it. */
export const FATES = [
  "pass",
  "masked with need",
  "refused with need",
  "refused, masks would do",
  "masked without need",
  "refused without need",
  "undecided",
  "by other rules",
  "fails anyway",
  "holes",
] as const;
export type Fate = (typeof FATES)[number];

export type Outcome = {
  readonly fate: Fate;
  /** What of it is worth reading, line by line. */
  readonly notes: readonly string[];
  /** It reads or writes a table that has masked columns. */
  readonly near: boolean;
};
type Fated = Omit<Outcome, "near">;

const REFUSED: Readonly<Record<Need, Fate>> = {
  needed: "refused with need",
  "without need": "refused without need",
  undecided: "undecided",
};

type Askers = readonly (readonly [0 | 1, Asker])[];

/** One tool's statements, in order: what a session keeps (cursors, its own tables) stays. */
export class Judge {
  readonly #gate: Gate;
  /** Two of each copy: what the first does once more would change how rows lie in it alone. */
  readonly #askers: Askers;
  readonly #others: ShopPair["others"];

  private constructor(gate: Gate, askers: Askers, others: ShopPair["others"]) {
    this.#gate = gate;
    this.#askers = askers;
    this.#others = others;
  }

  static async open(gate: Gate, pair: ShopPair): Promise<Judge> {
    gate.newSession();
    const askers: [0 | 1, Asker][] = [];
    for (const copy of [0, 0, 1, 1] as const) {
      askers.push([copy, await Asker.open(pair.ports[copy], pair)]);
    }
    return new Judge(gate, askers, pair.others);
  }

  async close(): Promise<void> {
    for (const [, asker] of this.#askers) await asker.close();
  }

  async outcome(sent: Sent): Promise<Outcome> {
    const reading = await this.#gate.read(sent.sql);
    const trial = await this.#try(sent, reading);
    const fated = this.#fated(sent, reading, trial);
    if (trial.one.error === null) this.#gate.keep(this.#gate.kept(reading.analysis));
    return { near: reading.nearMasked, ...fated };
  }

  async #try(sent: Sent, reading: Reading): Promise<Trial> {
    const { analysis, refusal } = reading;
    const keep = this.#gate.kept(analysis).length > 0;
    const copy = analysis.statements[0]?.copy ?? null;
    const after = refusal === null ? [] : this.#gate.written(analysis);
    const other = !keep && finds(reading) ? translated(sent, this.#others) : sent;
    const heard: Heard[] = [];
    for (const [copyOf, asker] of this.#askers) {
      heard.push(await asker.ask(copyOf === 0 ? sent : other, copy, keep, after));
    }
    const [one, again, theirs] = heard as [Heard, Heard, Heard, Heard];
    return { one, again, other: theirs };
  }

  #fated(sent: Sent, reading: Reading, trial: Trial): Fated {
    const { refusal } = reading;
    const { one, other } = trial;
    if (one.error !== null && other.error !== null) {
      return { fate: "fails anyway", notes: [one.error] };
    }
    if (refusal?.by === "policy") return { fate: "by other rules", notes: [refusal.why] };
    const looked = this.#look(sent, reading, trial);
    if (refusal === null) return masked(reading, trial, looked);
    const need = needOfRefusal(trial);
    // On these data: another value could make it fail, or fail elsewhere.
    const enough = need === "needed" && !writes(reading) && looked.open.length === 0;
    const fate = enough && !tells(trial) ? "refused, masks would do" : REFUSED[need];
    return { fate, notes: [refusal.why] };
  }

  #look(sent: Sent, { analysis }: Reading, trial: Trial): Looked {
    const masks: Need[] = [];
    const notes: string[] = [];
    const open: string[] = [];
    for (const [n, result] of trial.one.results.entries()) {
      for (const [at, mask] of this.#gate.masks(sent.sql, analysis, n, result).entries()) {
        const need = needOf(trial, n, at);
        const name = result.fields[at]?.name ?? `${at + 1}`;
        if (mask !== null) masks.push(need);
        if (mask !== null && need !== "needed") notes.push(`${name}: ${mask} (${need})`);
        if (mask === null && need === "needed" && !COUNTED.test(name))
          open.push(`${name}: ${difference(trial, n, at)}`);
      }
    }
    return { masks, notes, open };
  }
}

/** Numbers of transactions: the copies may have had one more or less when they were frozen. */
const COUNTED = /frozenxid$/;

/** Column by column. `open`: those that differ and no mask covers. */
type Looked = {
  readonly masks: readonly Need[];
  readonly notes: readonly string[];
  readonly open: readonly string[];
};

function masked(reading: Reading, trial: Trial, { masks, notes, open }: Looked): Fated {
  const hole = open.length > 0 || tells(trial);
  if (hole && !asks(reading)) return { fate: "holes", notes: open };
  if (masks.includes("without need")) return { fate: "masked without need", notes };
  if (masks.includes("needed")) return { fate: "masked with need", notes };
  return { fate: masks.length > 0 ? "undecided" : "pass", notes };
}

const asks = ({ analysis }: Reading): boolean =>
  analysis.statements.some(({ questions }) => questions > 0);

const writes = ({ analysis }: Reading): boolean =>
  analysis.statements.some((statement) => statement.writes.length > 0);

/**
 * A constant that is a masked value finds the row that has it, or collides with it. Questions by =
 * are allowed, and constraints are not promised (docs/masking.md): what such a statement shows is
 * judged by the same rows.
 */
const finds = (reading: Reading): boolean =>
  reading.refusal === null && (asks(reading) || writes(reading));

/** The same question about the other copy: its masked values in the place of ours. */
function translated({ sql, values }: Sent, others: ShopPair["others"]): Sent {
  const text = sql.replaceAll(/'([^']*)'/g, (all, constant: string) => {
    const other = others.get(constant);
    return other === undefined ? all : `'${other}'`;
  });
  if (values === undefined) return { sql: text };
  const bound = values.map((value) => (value === null ? null : (others.get(value) ?? value)));
  return { sql: text, values: bound };
}
