import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Answer } from "../api.ts";
import {
  checkQuery,
  type Draft,
  draftQuery,
  type Policy,
  schemaQuery,
  setDraft,
  useApply,
} from "../policy-queries.ts";
import { counted } from "../words.ts";
import { Applied, ApplyPolicy } from "./policy-apply.tsx";
import { Changes, YamlEditor } from "./policy-lazy.tsx";
import type { Problem } from "./policy-text.tsx";
import { Trouble } from "./states.tsx";
import { Time } from "./time.tsx";

type EditProps = { readonly policy: Policy | null; readonly isAdmin: boolean };

const NONE: readonly Problem[] = [];

export function PolicyEdit({ policy, isAdmin }: EditProps) {
  const draft = useQuery(draftQuery).data ?? null;
  const text = draft?.text ?? policy?.source ?? "";
  const schema = useQuery(schemaQuery).data;
  const check = useCheck(isAdmin ? text : "");
  const problems = check.data?.errors ?? NONE;
  const [goTo, setGoTo] = useState<Problem | null>(null);
  const apply = useApply();
  useLeaving(draft !== null);
  const change = (next: string) => {
    if (next === text) return;
    setDraft(next === policy?.source ? null : { text: next, follows: draft?.follows ?? policy });
  };
  return (
    <section aria-labelledby="text" className="card grid grid-cols-[minmax(0,1fr)] gap-3 p-4">
      <div className="flex flex-wrap items-center gap-2">
        <h2 id="text" className="text-lg font-bold">
          {isAdmin ? "Edit" : "Text"}
        </h2>
        {draft !== null && <span className="chip chip-warn">not applied</span>}
      </div>
      {isAdmin && (
        <p className="text-sm text-muted">
          Ctrl and Space offer what may stand there, Ctrl and ] indent. Tab leaves the text.
        </p>
      )}
      {draft !== null && policy !== null && <Meanwhile draft={draft} policy={policy} />}
      <YamlEditor
        label="The policy, sluice.yaml"
        value={text}
        onChange={change}
        readOnly={!isAdmin}
        height="h-[28rem]"
        schema={schema}
        problems={problems}
        goTo={goTo}
      />
      {isAdmin && text !== "" && <Checked check={check} choose={(one) => setGoTo({ ...one })} />}
      {apply.data !== undefined && draft === null && <Applied applied={apply.data} />}
      {isAdmin && draft !== null && (
        <ApplyPolicy
          apply={apply}
          draft={draft}
          inForce={policy}
          warnings={check.data?.warnings ?? []}
          isSound={check.isSound}
        />
      )}
    </section>
  );
}

const debounceMs = 400;

/** Asks a moment after the last key. `isSound`: that very text could be applied. */
function useCheck(text: string) {
  const [asked, setAsked] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text), debounceMs);
    return () => clearTimeout(timer);
  }, [text]);
  const { data, error, isPlaceholderData, refetch } = useQuery({
    ...checkQuery(asked),
    enabled: asked !== "",
    placeholderData: keepPreviousData,
  });
  const isFresh = asked === text && !isPlaceholderData;
  return { data, error, refetch, isFresh, isSound: isFresh && data?.errors.length === 0 };
}

type Check = ReturnType<typeof useCheck>;
type CheckedProps = { readonly check: Check; readonly choose: (problem: Problem) => void };

function Checked({ check, choose }: CheckedProps) {
  const { data, error, refetch, isFresh } = check;
  if (error !== null) return <Trouble error={error} retry={() => void refetch()} />;
  const found = data?.errors ?? NONE;
  return (
    <div className="grid gap-2">
      <p role="status" className="text-sm text-muted">
        {!isFresh || data === undefined ? "Being checked" : summary(data)}
      </p>
      {found.length > 0 && (
        <ul aria-label="Errors" className="notice notice-danger grid gap-1">
          {found.map((problem, index) => (
            <li key={index}>
              <button
                type="button"
                className="min-h-6 text-left break-words underline"
                onClick={() => choose(problem)}
              >
                {problem.message}
              </button>
            </li>
          ))}
        </ul>
      )}
      {data !== undefined && <Warnings warnings={data.warnings} />}
    </div>
  );
}

export const Warnings = ({ warnings }: { readonly warnings: readonly string[] }) =>
  warnings.length > 0 && (
    <ul aria-label="Warnings" className="notice notice-warn grid gap-1">
      {warnings.map((warning) => (
        <li key={warning} className="break-words">
          {warning}
        </li>
      ))}
    </ul>
  );

function summary({ errors, warnings }: Answer<"check">): string {
  if (errors.length > 0) return `${counted(errors.length, "error")}: it cannot be applied.`;
  const besides = warnings.length > 0 ? `, with ${counted(warnings.length, "warning")}` : "";
  return `It could be applied${besides}.`;
}

/** Somebody else's version came into force after the draft was begun. */
function Meanwhile({ draft, policy }: { readonly draft: Draft; readonly policy: Policy }) {
  if (draft.follows?.version === policy.version) return null;
  return (
    <div className="notice notice-warn grid grid-cols-[minmax(0,1fr)] gap-2">
      <p className="font-semibold" role="alert">
        {policy.author} applied another policy meanwhile (<Time at={policy.appliedAt} />
        ). Your text is kept; applied as it is, it would take that back.
      </p>
      <details>
        <summary>Your text beside the policy in force</summary>
        <Changes
          before={policy.source}
          after={draft.text}
          label="Your text, with what differs from the policy in force"
          height="mt-2 max-h-96"
        />
      </details>
      <div className="flex flex-wrap gap-2">
        <button
          type="button"
          className="button text-ink"
          onClick={() => setDraft({ text: draft.text, follows: policy })}
        >
          Go on with my text
        </button>
        <button type="button" className="button text-ink" onClick={() => setDraft(null)}>
          Take theirs, drop mine
        </button>
      </div>
    </div>
  );
}

/** The browser asks before a draft is lost with its tab. */
function useLeaving(isDraft: boolean): void {
  useEffect(() => {
    if (!isDraft) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [isDraft]);
}
