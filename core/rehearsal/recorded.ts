import { text as decode, utf8 } from "../bytes.ts";
import type { CommandId, RequestShown } from "../command.ts";
import type { Decision, UnixMs } from "../decision.ts";
import type { StoredFact } from "../recording/record.ts";
import { tokens } from "../sql/lexer.ts";

/** A command as a recording tells of it, with what was decided and what was masked. */
export type Recorded = {
  readonly seq: number;
  readonly command: CommandId;
  readonly at: UnixMs;
  readonly shown: string;
  readonly operations: readonly string[];
  readonly objects: readonly string[];
  /** Of a request; older recordings are without. */
  readonly shows?: RequestShown | undefined;
  readonly decision: {
    readonly verdict: Decision["verdict"];
    readonly rules: readonly string[];
    readonly policy: string;
  };
  /** Rules that masked cells of its answers, detectors among them. */
  readonly masks: readonly string[];
};

type Located = {
  readonly seq: number;
  readonly event: { readonly at: UnixMs; readonly command: CommandId; readonly fact: StoredFact };
};

/**
 * The commands that a stretch of one recording decides, in order. A command stands right before its
 * decision, so at most the last one of a stretch is without: `open` is its record then.
 */
export function recordedIn(records: readonly Located[]): {
  readonly commands: readonly Recorded[];
  readonly open: number | null;
} {
  type Begun = Omit<Recorded, "decision" | "masks">;
  const commands = new Map<CommandId, Recorded & { readonly masks: string[] }>();
  let begun: Begun | null = null;
  for (const { seq, event } of records) {
    const { at, command, fact } = event;
    if (fact.kind === "command") {
      const { shown, operations, objects, shows } = fact;
      begun = { seq, command, at, shown, operations, objects, shows };
    } else if (fact.kind === "decision" && begun?.command === command) {
      const { verdict, rules, policy } = fact;
      commands.set(command, { ...begun, decision: { verdict, rules, policy }, masks: [] });
      begun = null;
    } else if (fact.kind === "completed") {
      commands.get(command)?.masks.push(...fact.masked.map(({ rule }) => rule));
    }
  }
  return { commands: [...commands.values()], open: begun?.seq ?? null };
}

/** As core/sql/shown.ts writes for what it hides and for what it cuts. */
const HIDDEN = "…";
const CUT = " …";
const shownCharactersMax = 4_096;

/**
 * A shown text as SQL again: a hidden string is one of its own, a hidden number becomes 0. Null:
 * the text was cut, so its end is not known.
 */
export function readable(shown: string): string | null {
  if (shown.length > shownCharactersMax && shown.endsWith(CUT)) return null;
  if (!shown.includes(HIDDEN)) return shown;
  const bytes = utf8(shown);
  const words: string[] = [];
  for (const { kind, start, end } of tokens(bytes)) {
    const word = decode(bytes.subarray(start, end));
    words.push(kind === "name" && word === HIDDEN ? "0" : word);
  }
  return words.join("");
}
