import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Answer } from "../api.ts";
import { casesQuery, useTrial } from "../policy-queries.ts";
import { queryClient } from "../queries.ts";
import { counted, listed } from "../words.ts";
import { YamlEditor } from "./policy-lazy.tsx";
import type { Problem } from "./policy-text.tsx";
import { Visible } from "./statement.tsx";
import { Trouble } from "./states.tsx";

type Trial = Answer<"test">;
type Case = Trial["cases"][number];

const NONE: readonly Problem[] = [];

/** The cases of `sluice policy test`, tried on the text in the editor. */
export function PolicyCases({ source }: { readonly source: string }) {
  const cases = useQuery(casesQuery).data ?? "";
  const trial = useTrial();
  const [tried, setTried] = useState(source);
  const problems = trial.data?.errors ?? NONE;
  const run = () => {
    setTried(source);
    trial.mutate({ source, cases });
  };
  return (
    <section aria-labelledby="cases" className="card grid grid-cols-[minmax(0,1fr)] gap-3 p-4">
      <h2 id="cases" className="text-lg font-bold">
        Cases
      </h2>
      <p className="text-sm text-muted">
        The file that <code className="font-mono">sluice policy test</code> takes, pasted here. It
        is kept until you sign out or leave; its own place is beside the policy in your repository.
      </p>
      <YamlEditor
        label="Cases, in YAML"
        value={cases}
        onChange={(text) => queryClient.setQueryData(casesQuery.queryKey, text)}
        height="min-h-32 max-h-80"
        problems={problems}
      />
      <div>
        <button
          type="button"
          className="button"
          disabled={cases.trim() === "" || trial.isPending}
          onClick={run}
        >
          {trial.isPending ? "Running" : "Run the cases"}
        </button>
      </div>
      {trial.error !== null && <Trouble error={trial.error} />}
      {problems.length > 0 && (
        <ul aria-label="Errors in the cases" className="notice notice-danger grid gap-1">
          {problems.map(({ message }) => (
            <li key={message} className="break-words">
              {message}
            </li>
          ))}
        </ul>
      )}
      {trial.data !== undefined && problems.length === 0 && (
        <Results trial={trial.data} isOld={tried !== source} />
      )}
    </section>
  );
}

function Results({ trial, isOld }: { readonly trial: Trial; readonly isOld: boolean }) {
  const passed = trial.cases.filter((one) => one.passed).length;
  const failed = trial.cases.length - passed;
  return (
    <div className="grid gap-2">
      <p role="status" className="font-semibold">
        {counted(passed, "case")} passed, {failed} failed
        {isOld && ", of a text that has changed since"}
      </p>
      {trial.bare.length > 0 && (
        <p className="text-sm text-muted">
          Read without tables, for the policy in force does not reach them: {listed(trial.bare)}.
        </p>
      )}
      <ul aria-label="Results" className="grid gap-2">
        {trial.cases.map((one) => (
          <li key={one.id}>
            <Result of={one} />
          </li>
        ))}
      </ul>
    </div>
  );
}

const Result = ({ of }: { readonly of: Case }) => (
  <div className="grid gap-1 text-sm">
    <p className="flex flex-wrap items-center gap-2">
      <span className={`chip ${of.passed ? "chip-good" : "chip-danger"}`}>
        {of.passed ? "passed" : "failed"}
      </span>
      <span className="text-muted">line {of.line}</span>
      <span className="min-w-0 break-words">
        <Visible text={`${of.as} on ${of.on}: ${of.name}`} />
      </span>
    </p>
    {of.differences.map((difference) => (
      <p key={difference} className="break-words text-danger">
        <Visible text={difference} />
      </p>
    ))}
  </div>
);
