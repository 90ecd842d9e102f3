import type { PersonName } from "../../../demo/people.ts";

/**
 * What must come of a row's last statement (those before it must simply run).
 *
 *   masked    rows come, and no canary in them; straight from the server there is one
 *   hidden    the server's own error or notice comes, and no canary in it
 *   refused   the gate says no, with a reason
 *   passes    it runs, and nothing has to be hidden
 */
export type Expectation = "masked" | "hidden" | "refused" | "passes";

/** Class letters are those of the list of threats, see docs/threats.md. */
export type Row = {
  readonly class: "A" | "B" | "C" | "D" | "E" | "F";
  /** Simple queries of one session, one after the other; the last one is the attack. */
  readonly sql: readonly string[];
  readonly expect: Expectation;
  /** A cell that tells as much as the value itself, when no canary is in it. */
  readonly reveals?: string;
  readonly as?: PersonName;
  /** A part of the refusal's reason, where no other reason will do. */
  readonly says?: string;
};

type Given = string | readonly string[] | Omit<Row, "class" | "expect">;

export const rows = (
  of: Row["class"],
  expect: Expectation,
  list: readonly Given[],
): readonly Row[] =>
  list.map((given) =>
    typeof given === "object" && "sql" in given
      ? { ...given, class: of, expect }
      : { class: of, expect, sql: typeof given === "string" ? [given] : given },
  );

export const titleOf = ({ sql, as }: Row): string => {
  const last = (sql.at(-1) ?? "").replaceAll(/\s+/g, " ");
  const shown = last.length > 110 ? `${last.slice(0, 110)}…` : last;
  return `${as === undefined ? "" : `${as}: `}${sql.length > 1 ? "… " : ""}${shown}`;
};
