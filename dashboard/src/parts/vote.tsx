import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { Failure, signInAgainHref } from "../api.ts";
import { forgetAnswer, keepAnswer, keptAnswer } from "../ballots.ts";
import { isPending, type Review } from "../inbox.ts";
import { useKeys } from "../keys.ts";
import { type Ballot, useSignedIn, useVote } from "../queries.ts";
import { Trouble } from "./states.tsx";
import { useNow } from "./time.tsx";

type Verdict = Ballot["verdict"];

/** An answer takes two steps, so that no single key or slip gives it. */
export function Vote({ review }: { readonly review: Review }) {
  const { name } = useSignedIn();
  const [kept] = useState(() => keptAnswer(review.id, name));
  useEffect(() => forgetAnswer(review.id, name), [review.id, name]);
  const [asking, setAsking] = useState<Verdict | null>(kept?.verdict ?? null);
  const vote = useVote(review.id);
  const isOver = Date.parse(review.expiresAt) <= useNow();
  const hasVoted = review.votes.some(({ by }) => by === name);
  const mayVote = review.mayVote && isPending(review) && !isOver;
  const ask = (verdict: Verdict) => {
    if (mayVote) setAsking(verdict);
  };
  useKeys({ a: () => ask("approve"), r: () => ask("reject") });
  const send = (ballot: Ballot) => vote.mutate(ballot, { onSettled: () => setAsking(null) });
  return (
    <div className="grid gap-3">
      {vote.error !== null && (
        <Trouble error={vote.error}>
          {isStale(vote.error) && vote.variables !== undefined && (
            <SignInAgain review={review} name={name} ballot={vote.variables} />
          )}
        </Trouble>
      )}
      {!mayVote && isPending(review) && !isOver && (
        <p className="text-sm text-muted">
          {hasVoted ? "You have answered; others have to, too." : "Others have to answer this one."}
        </p>
      )}
      {mayVote && asking === null && <Choose ask={ask} />}
      {mayVote && asking !== null && (
        <Answer
          key={asking}
          verdict={asking}
          said={kept?.verdict === asking ? kept.comment : ""}
          busy={vote.isPending}
          send={send}
          cancel={() => setAsking(null)}
        />
      )}
    </div>
  );
}

const isStale = (error: unknown): boolean =>
  error instanceof Failure && error.code === "stale_sign_in";

type AgainProps = { readonly review: Review; readonly name: string; readonly ballot: Ballot };

/** By the issuer, and back to this answer, which this tab keeps. */
const SignInAgain = ({ review, name, ballot }: AgainProps) => (
  <div>
    <a
      className="button text-ink"
      href={signInAgainHref(`/reviews/${review.id}`, review.signIn?.acr ?? null)}
      onClick={() => keepAnswer(review.id, name, ballot)}
    >
      Sign in again
    </a>
  </div>
);

const Choose = ({ ask }: { readonly ask: (verdict: Verdict) => void }) => (
  <div className="flex flex-wrap gap-2">
    <button type="button" className="button button-primary" onClick={() => ask("approve")}>
      Approve…
    </button>
    <button type="button" className="button" onClick={() => ask("reject")}>
      Reject…
    </button>
  </div>
);

const WORDS = {
  approve: {
    title: "Approve: the very bytes shown run once",
    look: "button-primary",
    go: "Approve",
  },
  reject: { title: "Reject: the command does not run", look: "button-danger", go: "Reject" },
} as const;

type AnswerProps = {
  readonly verdict: Verdict;
  /** What was written before a sign-in that had to come first. */
  readonly said: string;
  readonly busy: boolean;
  readonly send: (ballot: Ballot) => void;
  readonly cancel: () => void;
};

function Answer({ verdict, said, busy, send, cancel }: AnswerProps) {
  const [comment, setComment] = useState(said);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  const { title, look, go } = WORDS[verdict];
  const submit = (event: FormEvent | KeyboardEvent) => {
    event.preventDefault();
    if (!busy) send({ verdict, comment });
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Escape") cancel();
    // While an input method composes, Enter belongs to it.
    const isEnter = event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing;
    if (isEnter) submit(event);
  };
  return (
    <form className="card grid gap-2 bg-sunk p-3" aria-label={go} onSubmit={submit}>
      <label className="grid gap-1">
        <span className="font-semibold">{title}</span>
        <span className="text-sm text-muted">
          Comment, for whoever asked and for the record. Enter sends, Escape goes back.
        </span>
        <textarea
          ref={field}
          className="field"
          rows={2}
          maxLength={2_000}
          value={comment}
          onChange={({ target }) => setComment(target.value)}
          onKeyDown={press}
        />
      </label>
      <div className="flex flex-wrap gap-2">
        <button type="submit" className={`button ${look}`} disabled={busy}>
          {busy ? "Sending" : go}
        </button>
        <button type="button" className="button" onClick={cancel}>
          Back
        </button>
      </div>
    </form>
  );
}
