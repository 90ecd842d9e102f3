import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { placeOf, type Run, rowsMax } from "../console.ts";
import { toCsv, toJson } from "../export.ts";
import { reviewQuery } from "../queries.ts";
import { counted } from "../words.ts";
import { ReviewState } from "./chips.tsx";
import { Grid } from "./grid.tsx";
import { Visible } from "./statement.tsx";
import { TimeLeft } from "./time.tsx";

type ResultProps = { readonly run: Run; readonly more: () => void };

/** What came of the last statement, or is coming. */
export function Result({ run, more }: ResultProps) {
  const { columns, rows, notices, review, state, failed } = run;
  return (
    <section aria-labelledby="result" className="card min-w-0">
      <div className="flex flex-wrap items-center gap-2 px-4 py-3">
        <h2 id="result" className="text-lg font-bold">
          Result
        </h2>
        <p role="status" className="text-muted">
          {summary(run)}
        </p>
        {rows.length > 0 && <Exports run={run} />}
      </div>
      {review !== null && <Held id={review} waits={state === "running"} />}
      {failed !== null && <Failure run={run} failed={failed} />}
      {state === "ended" && (
        <p className="notice notice-danger mx-4 mb-4">
          The session ended before this statement did. Whether it took effect is not known.
        </p>
      )}
      {notices.length > 0 && (
        <ul aria-label="Notices" className="notice notice-warn mx-4 mb-4 grid gap-1">
          {notices.map((notice, at) => (
            <li key={at} className="break-words">
              <Visible text={notice} />
            </li>
          ))}
        </ul>
      )}
      {columns.length > 0 && <Rows run={run} />}
      {state === "more" && <More rows={rows.length} more={more} />}
    </section>
  );
}

/** As the recording's page shows them. */
function Rows({ run: { columns, rows } }: { readonly run: Run }) {
  const titles = useMemo(() => columns.map((name) => ({ name, format: 0 })), [columns]);
  const cells = useMemo(
    () => rows.map((row) => row.map((text) => (text === null ? null : { text, binary: false }))),
    [rows],
  );
  return <Grid label={`Result: ${counted(rows.length, "row")}`} columns={titles} rows={cells} />;
}

const More = ({ rows, more }: { readonly rows: number; readonly more: () => void }) => (
  <div className="grid justify-items-center gap-2 p-3 text-center">
    {rows >= rowsMax ? (
      <p>A page shows {counted(rowsMax, "row")} at most. Use psql for all of them.</p>
    ) : (
      <button type="button" className="button" onClick={more}>
        Show more rows
      </button>
    )}
    <p className="text-sm text-muted">
      Until all rows are read or you stop, the statement stays open on the database; after two
      minutes it is closed.
    </p>
  </div>
);

/** "3 rows in 12 ms", "UPDATE, 1 row in 8 ms". */
function summary({ state, rows, done, columns, review }: Run): string {
  if (state === "running" && review !== null && rows.length === 0) return "waits for approval";
  if (state === "running") return "running";
  if (state === "more") return `${counted(rows.length, "row")} so far`;
  if (done === null) return state === "failed" ? "failed" : "";
  const what = [
    ...(columns.length > 0 || done.tag === "" ? [] : [done.tag]),
    ...(done.rows === null ? [] : [counted(done.rows, "row")]),
  ];
  const rest = done.whole ? "" : ", the rest was not read";
  return `${what.join(", ")} in ${Math.round(done.ms)} ms${rest}`;
}

function Held({ id, waits }: { readonly id: string; readonly waits: boolean }) {
  const { data } = useQuery(reviewQuery(id));
  return (
    <div className="notice notice-warn mx-4 mb-4 flex flex-wrap items-center gap-2">
      <p>{waits ? "Others have to approve this first:" : "Others were asked to decide:"}</p>
      <Link to="/reviews/$id" params={{ id }} className="link" target="_blank">
        see the review
      </Link>
      {data !== undefined && <ReviewState state={data.state} />}
      {data?.state === "pending" && <TimeLeft until={data.expiresAt} />}
    </div>
  );
}

type FailureProps = { readonly run: Run; readonly failed: NonNullable<Run["failed"]> };

const Failure = ({ run, failed }: FailureProps) => (
  <div role="alert" className="notice notice-danger mx-4 mb-4 grid gap-1 break-words">
    <p className="font-semibold">
      <Visible text={failed.message} />
    </p>
    {failed.detail !== null && (
      <p>
        <Visible text={failed.detail} />
      </p>
    )}
    {failed.hint !== null && (
      <p>
        <Visible text={failed.hint} />
      </p>
    )}
    <p className="text-sm">
      {failed.position !== null && `${placeOf(run.sql, failed.position)} of the statement, `}
      code {failed.code}
    </p>
  </div>
);

function Exports({ run }: { readonly run: Run }) {
  return (
    <div className="ml-auto flex gap-2">
      <button
        type="button"
        className="button"
        onClick={() => save(`${run.resource}.csv`, "text/csv;charset=utf-8", toCsv(run))}
      >
        Save as CSV
      </button>
      <button
        type="button"
        className="button"
        onClick={() => save(`${run.resource}.json`, "application/json", toJson(run))}
      >
        Save as JSON
      </button>
    </div>
  );
}

/** Gives the browser a file to save. */
function save(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
