import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Answer } from "../answers.ts";
import { reviewQuery } from "../queries.ts";
import { resultInWords, type Step, type Verdict } from "../timeline.ts";
import { duration, listed } from "../words.ts";
import { AnswerView } from "./answer.tsx";
import { Statement, Visible } from "./statement.tsx";
import { Time } from "./time.tsx";
import { VoteItems } from "./votes.tsx";

type Of<K extends Step["is"]> = { readonly step: Extract<Step, { is: K }> };

export type Seen = {
  /** The session's id. */
  readonly id: string;
  readonly answers: ReadonlyMap<number, Answer>;
  /** Results stand open. */
  readonly opens: boolean;
};

export const StepView = ({ step, ...seen }: { readonly step: Step } & Seen) =>
  step.is === "event" ? <Event step={step} /> : <Command step={step} {...seen} />;

const Event = ({ step }: Of<"event">) => (
  <p className="flex flex-wrap gap-x-3 text-sm text-muted">
    <Time at={step.at} />
    <span className="min-w-0 break-words whitespace-pre-wrap">
      <Visible text={step.says} />
    </span>
  </p>
);

const VERDICT_LOOKS: Readonly<Record<Verdict, string>> = {
  allowed: "chip-good",
  approved: "chip-good",
  waiting: "chip-warn",
  blocked: "chip-danger",
  refused: "chip-danger",
  undecided: "",
};

const Command = ({ step, ...seen }: Of<"command"> & Seen) => (
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
    {step.results.map((result, index) => (
      <div key={result.seq} className="grid min-w-0 gap-2">
        <p className="text-sm text-muted">{resultInWords(result)}</p>
        <Answered {...seen} step={step} seq={result.seq} number={index + 1} />
      </div>
    ))}
    {step.failure !== null && (
      <div className="grid min-w-0 gap-2">
        <p className="text-sm text-danger">failed: {step.failure.says}</p>
        <Answered {...seen} step={step} seq={step.failure.seq} number={step.results.length + 1} />
      </div>
    )}
  </>
);

type AnsweredProps = Of<"command"> & Seen & { readonly seq: number; readonly number: number };

function Answered({ step, seq, number, answers, ...seen }: AnsweredProps) {
  const answer = answers.get(seq);
  if (answer === undefined) return null;
  const which = number === 1 ? "" : `, part ${number}`;
  return (
    <AnswerView {...seen} answer={answer} label={`Result of statement ${step.command}${which}`} />
  );
}

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
