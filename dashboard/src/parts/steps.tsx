import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { RecordView } from "../../../core/api/record.ts";
import type { Answer } from "../answers.ts";
import { reviewQuery } from "../queries.ts";
import type { Known } from "../recording.ts";
import { resultInWords, type Step, timeline, type Verdict } from "../timeline.ts";
import { duration, listed } from "../words.ts";
import { AnswerView } from "./answer.tsx";
import { Statement, Visible } from "./statement.tsx";
import { Time } from "./time.tsx";
import { Entries } from "./timeline.tsx";
import { VoteItems } from "./votes.tsx";

type Of<K extends Step["is"]> = { readonly step: Extract<Step, { is: K }> };

export type Seen = {
  /** The session's id. */
  readonly id: string;
  readonly answers: ReadonlyMap<number, Answer>;
  /** Results stand open. */
  readonly opens: boolean;
};

type StepsProps = { readonly id: string; readonly known: Known; readonly isWatched: boolean };

/** Statements and events, in their order. */
export const Steps = ({ id, known, isWatched }: StepsProps) => (
  <Entries known={known} entries={timeline(known.facts)} isWatched={isWatched} keyOf={keyOf}>
    {(step) => <StepView id={id} step={step} answers={known.answers} opens={false} />}
  </Entries>
);

/** A step and a stray's note can tell of the same record. */
const keyOf = (step: Step): string =>
  `${step.is} ${step.seq} ${step.is === "event" ? step.says : ""}`;

type MomentProps = {
  readonly id: string;
  readonly known: Known;
  readonly until: readonly RecordView[];
  readonly moment: RecordView;
};

/** What is known of the moment's statement by then, or what happened to the session. */
export function StepAt({ id, known, until, moment }: MomentProps) {
  const own = until.filter(({ command }) => command === moment.command && command !== 0);
  const step = timeline(own.length > 0 ? own : [moment]).at(-1);
  return step && <StepView id={id} step={step} answers={known.answers} opens />;
}

export const StepView = ({ step, ...seen }: { readonly step: Step } & Seen) =>
  step.is === "event" ? <Event step={step} {...seen} /> : <Command step={step} {...seen} />;

/** What the client was told beside its statements belongs to the event. */
const Event = ({ step, id, answers, opens }: Of<"event"> & Seen) => (
  <AnswerView
    id={id}
    opens={opens}
    answer={answers.get(step.seq)}
    says={
      <p className="flex min-w-0 flex-wrap gap-x-3 text-sm text-muted">
        <Time at={step.at} />
        <span className="min-w-0 break-words whitespace-pre-wrap">
          <Visible text={step.says} />
        </span>
      </p>
    }
    label={`What was sent by record ${step.seq}`}
  />
);

export const VERDICT_LOOKS: Readonly<Record<Verdict, string>> = {
  allowed: "chip-good",
  approved: "chip-good",
  waiting: "chip-warn",
  blocked: "chip-danger",
  refused: "chip-danger",
  undecided: "",
};

const Command = ({ step, id, answers, opens }: Of<"command"> & Seen) => (
  <>
    <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <Time at={step.at} />
      <span className={`chip ${VERDICT_LOOKS[step.verdict]}`}>{step.verdict}</span>
      {step.rules.length > 0 && <span className="text-muted">rule {listed(step.rules)}</span>}
      {step.waitedMs !== null && (
        <span className="text-muted">waited {duration(step.waitedMs)} for people</span>
      )}
      {step.tookMs !== null && <span className="text-muted">took {duration(step.tookMs)}</span>}
    </p>
    <Statement text={step.shown} label={`Statement ${step.command}`} />
    <Decided step={step} />
    {step.results.map((result, index) => (
      <AnswerView
        key={result.seq}
        id={id}
        opens={opens}
        answer={answers.get(result.seq)}
        says={<span className="text-sm text-muted">{resultInWords(result)}</span>}
        label={`Result of statement ${step.command}${index === 0 ? "" : `, part ${index + 1}`}`}
      />
    ))}
    {step.failure !== null && (
      <AnswerView
        id={id}
        opens={opens}
        answer={answers.get(step.failure.seq)}
        says={<span className="text-sm text-danger">failed: {step.failure.says}</span>}
        label={`What statement ${step.command} gave before it failed`}
      />
    )}
  </>
);

/** What the client was told, and who answered. */
export const Decided = ({ step }: Of<"command">) => (
  <>
    {step.message !== null && (
      <p className="text-sm break-words">
        <Visible text={step.message} />
      </p>
    )}
    {step.review === null ? (
      step.by.length > 0 && <p className="text-sm text-muted">answered by {listed(step.by)}</p>
    ) : (
      <Approvals review={step.review} by={step.by} />
    )}
  </>
);

type ApprovalsProps = { readonly review: string; readonly by: readonly string[] };

/** The recording has who answered; what they said beside it, the review. */
function Approvals({ review, by }: ApprovalsProps) {
  const { data } = useQuery(reviewQuery(review));
  return (
    <ul className="grid gap-1 text-sm">
      {data !== undefined && <VoteItems votes={data.votes} />}
      {data === undefined && by.length > 0 && (
        <li className="text-muted">answered by {listed(by)}</li>
      )}
      <li>
        <Link to="/reviews/$id" params={{ id: review }} className="link">
          See its review
        </Link>
      </li>
    </ul>
  );
}
