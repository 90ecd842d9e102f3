import type { Difference } from "../../../core/api/rehearsal.ts";
import { changeInWords, WHY } from "../../../core/rehearsal/words.ts";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { resourcesQuery } from "../queries.ts";
import { type Asked, rehearse } from "../rehearse.ts";
import { BEGUN, type Run } from "../run.ts";
import { counted, listed } from "../words.ts";
import { Statement, Visible } from "./statement.tsx";
import { Trouble } from "./states.tsx";
import { Time } from "./time.tsx";

/** What the text in the editor would have done with commands that are recorded. */
export function DryRun({ source }: { readonly source: string }) {
  const { run, error, tried, start, stop } = useDryRun();
  return (
    <section aria-labelledby="dry-run" className="card grid grid-cols-[minmax(0,1fr)] gap-3 p-4">
      <h2 id="dry-run" className="text-lg font-bold">
        Dry run
      </h2>
      <p className="max-w-prose text-sm text-muted">
        Which recorded commands would be decided or masked otherwise under the text above. They are
        judged by the text that recordings show, each by itself, over the tables as they are now.
        What detectors would find in values, and what others would answer to a review, is not
        judged. That recordings are read is written down.
      </p>
      <Choose
        isRunning={run?.state === "running"}
        start={(window) => start({ source, ...window })}
        stop={stop}
      />
      {error !== null && <Trouble error={error} />}
      {run !== null && <Found run={run} isOld={tried !== source} />}
    </section>
  );
}

function useDryRun() {
  const [run, setRun] = useState<Run | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [tried, setTried] = useState("");
  const asking = useRef<AbortController>(null);
  useEffect(() => () => asking.current?.abort(), []);
  const start = (asked: Asked) => {
    asking.current?.abort();
    const own = new AbortController();
    asking.current = own;
    setRun(BEGUN);
    setError(null);
    setTried(asked.source);
    rehearse(asked, own.signal, (next) => own.signal.aborted || setRun(next)).catch(
      (failure: unknown) => {
        if (own.signal.aborted) return;
        setError(failure);
        setRun((last) => last && { ...last, state: "stopped" });
      },
    );
  };
  const stop = () => {
    asking.current?.abort();
    setRun((last) => last && { ...last, state: "stopped" });
  };
  return { run, error, tried, start, stop };
}

const HOUR_MS = 3_600_000;
const WINDOWS = { "1": "Last hour", "24": "Last day", "168": "Last 7 days", range: "From … to …" };

type Window = Omit<Asked, "source">;
type ChooseProps = {
  readonly isRunning: boolean;
  readonly start: (window: Window) => void;
  readonly stop: () => void;
};

function Choose({ isRunning, start, stop }: ChooseProps) {
  const [span, setSpan] = useState<string>("24");
  const resources = useQuery(resourcesQuery).data?.items ?? [];
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    start(windowOf(new FormData(event.currentTarget)));
  };
  return (
    <form className="flex flex-wrap items-end gap-2 text-sm" onSubmit={submit}>
      <label className="grid gap-1">
        When
        <select
          name="span"
          className="field"
          value={span}
          onChange={({ target }) => setSpan(target.value)}
        >
          {Object.entries(WINDOWS).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </label>
      {span === "range" &&
        (["from", "to"] as const).map((name) => (
          <label key={name} className="grid gap-1">
            {name === "from" ? "From" : "To"}
            <input type="datetime-local" name={name} className="field" required />
          </label>
        ))}
      <label className="grid gap-1">
        Resource
        <select name="resource" className="field">
          <option value="">All</option>
          {resources.map(({ id, name }) => (
            <option key={id}>{name}</option>
          ))}
        </select>
      </label>
      {/* Two buttons, not one that changes: the click that stops would send the form. */}
      {isRunning ? (
        <button key="stop" type="button" className="button" onClick={stop}>
          Stop
        </button>
      ) : (
        <button key="run" type="submit" className="button">
          Run
        </button>
      )}
    </form>
  );
}

/** What was typed is in the reader's zone. */
function windowOf(form: FormData): Window {
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === "string" ? value : "";
  };
  const span = text("span");
  const resource = text("resource");
  const now = Date.now();
  const [from, to] =
    span === "range"
      ? [Date.parse(text("from")), Date.parse(text("to"))]
      : [now - Number(span) * HOUR_MS, now];
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    ...(resource !== "" && { resource }),
  };
}

function Found({ run, isOld }: { readonly run: Run; readonly isOld: boolean }) {
  const { state, items, more, examined, unjudged, sessions } = run;
  const differences = items.length + more;
  const said = { running: "Looking", done: "Done", stopped: "Stopped" }[state];
  return (
    <div className="grid gap-3">
      {state === "running" && (
        <progress
          className="h-2 w-full accent-accent"
          aria-label="Sessions looked through"
          max={Math.max(sessions.of, 1)}
          value={sessions.done}
        />
      )}
      <p role="status">
        {said}: {sessions.done} of {counted(sessions.of, "session")}, {counted(examined, "command")}
        , <strong>{counted(differences, "difference")}</strong>
        {isOld && "; the text has changed since"}.
      </p>
      {unjudged.size > 0 && (
        <ul aria-label="Not judged" className="notice notice-warn grid gap-1 text-sm">
          {[...unjudged].map(([why, count]) => (
            <li key={why}>
              {counted(count, why === "recording" ? "recording" : "command")} not judged: {WHY[why]}
              .
            </li>
          ))}
        </ul>
      )}
      <ol aria-label="Differences" className="divide-y divide-line">
        {items.map((item) => (
          <li key={`${item.session}:${item.seq}`} className="grid gap-2 py-3">
            <Changed item={item} />
          </li>
        ))}
      </ol>
      {more > 0 && <p className="text-muted">{counted(more, "more difference")} not shown.</p>}
    </div>
  );
}

const LOOKS = {
  allow: "chip-good",
  block: "chip-danger",
  review: "chip-warn",
  refuse: "chip-danger",
} as const;

const Changed = ({ item }: { readonly item: Difference }) => (
  <>
    <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <span className={`chip ${LOOKS[item.after.verdict]}`}>{changeInWords(item)}</span>
      <Link to="/sessions/$id" params={{ id: item.session }} className="link min-w-0 break-words">
        <Visible text={`${item.principal} on ${item.resource}`} />
      </Link>
      <Time at={item.at} />
      {item.after.rules.length > 0 && (
        <span className="text-muted">rule {listed(item.after.rules)}</span>
      )}
    </p>
    <Statement text={item.shown} label={`Statement of ${item.principal}, record ${item.seq}`} />
    {item.after.message !== null && (
      <p className="text-sm break-words">
        <Visible text={item.after.message} />
      </p>
    )}
    {item.masks.map(({ column, before, after }, index) => (
      <p key={index} className="text-sm break-words">
        <code className="font-mono">
          <Visible text={column} />
        </code>
        : {before} → {after}
      </p>
    ))}
    {item.caution !== null && <p className="text-sm text-warn">{item.caution}</p>}
  </>
);
