import { type ReactNode, useId, useState } from "react";
import { type Answer, readWhole } from "../answers.ts";
import { recordsAt } from "../queries.ts";
import { counted } from "../words.ts";
import { Grid } from "./grid.tsx";
import { useReading } from "./reading.ts";
import { Visible } from "./statement.tsx";
import { Trouble } from "./states.tsx";

type AnswerProps = {
  /** The session's id. */
  readonly id: string;
  readonly answer: Answer | undefined;
  /** How it ended. */
  readonly says: ReactNode;
  /** What it is called: "Result of statement 3". */
  readonly label: string;
  /** Open from the start. */
  readonly opens: boolean;
};

/** How one statement's answer ended, and what the person saw of it. */
export function AnswerView({ id, answer, says, label, opens }: AnswerProps) {
  const [isOpen, setOpen] = useState(opens);
  const place = useId();
  const hasRows = answer !== undefined && answer.sent > 0;
  return (
    <div className="grid min-w-0 gap-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        {says}
        {hasRows && (
          <button
            type="button"
            className="button button-small"
            aria-expanded={isOpen}
            aria-controls={place}
            onClick={() => setOpen(!isOpen)}
          >
            {isOpen ? "Hide" : "Show"}{" "}
            {counted(answer.sent, answer.kind === "copy" ? "line" : "row")} as sent
          </button>
        )}
      </div>
      {answer !== undefined && <Words of={answer} />}
      {hasRows && (
        <div id={place} className="min-w-0">
          {isOpen && <Rows id={id} answer={answer} label={label} />}
        </div>
      )}
    </div>
  );
}

const WORDS = { error: "text-danger", notice: "text-muted" } as const;

const Words = ({ of }: { readonly of: Answer }) =>
  of.words.map(({ is, text }, index) => (
    <p key={index} className={`text-sm break-words whitespace-pre-wrap ${WORDS[is]}`}>
      <Visible text={text} />
    </p>
  ));

type RowsProps = { readonly id: string; readonly answer: Answer; readonly label: string };

function Rows({ id, answer, label }: RowsProps) {
  const { shown, state, load, stop } = useWhole(id, answer);
  const { length } = shown.rows;
  const isCut = length < answer.sent;
  const here = length === 0 ? "None" : `The first ${counted(length, "row")}`;
  return (
    <div className="grid min-w-0 gap-2">
      {shown.borrowed && shown.kind === "rows" && (
        <p className="text-sm text-muted">
          Sent without a description: names are those of the one before, where they fit; cells that
          are no text stand as bytes.
        </p>
      )}
      {shown.rows.length > 0 && <Grid label={label} columns={titled(shown)} rows={shown.rows} />}
      {isCut && (
        <p role="status" className="text-sm">
          {here} of {answer.sent.toLocaleString("en")} {state === "reads" ? "so far" : "are here"}.
          {state === "full" && " That is as much as this page holds: the export has all."}
        </p>
      )}
      {state instanceof Error && <Trouble error={state} />}
      {isCut && state !== "full" && (
        <button
          type="button"
          className="button justify-self-start"
          onClick={state === "reads" ? stop : load}
        >
          {state === "reads" ? "Stop loading" : "Load all rows"}
        </button>
      )}
    </div>
  );
}

/** Names only where there are as many as cells: else nobody knows whose they are. */
function titled({ columns, rows }: Answer): Answer["columns"] {
  const cells = rows[0]?.length ?? 0;
  if (columns.length === cells) return columns;
  return Array.from({ length: cells }, (_, index) => ({ name: `column ${index + 1}`, format: 0 }));
}

/** The first rows, and, once asked for, the rest of them, a page of records at a time. */
function useWhole(id: string, answer: Answer) {
  const { whole, ...reading } = useReading<Answer>((shows) =>
    readWhole(
      answer,
      (from) => recordsAt(id, from),
      (present) => shows({ ...present, rows: [...present.rows] }),
    ),
  );
  return { shown: whole ?? answer, ...reading };
}
