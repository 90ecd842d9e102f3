import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { Failure } from "../api.ts";
import { isPending, type Review } from "../inbox.ts";
import { Chips, ReviewState } from "../parts/chips.tsx";
import { Facts } from "../parts/facts.tsx";
import { Request } from "../parts/request.tsx";
import { Statement, Visible } from "../parts/statement.tsx";
import { Empty, Loading, Trouble } from "../parts/states.tsx";
import { Time, TimeLeft } from "../parts/time.tsx";
import { Vote } from "../parts/vote.tsx";
import { VoteItems } from "../parts/votes.tsx";
import { Withdraw } from "../parts/withdraw.tsx";
import { reviewQuery, useSignedIn } from "../queries.ts";
import {
  approvals,
  asker,
  estimateInWords,
  factsAndRows,
  isRequest,
  listed,
  signInInWords,
} from "../words.ts";

export function ReviewPage() {
  const { id } = useParams({ from: "/reviews/$id" });
  const { data, error, refetch } = useQuery(reviewQuery(id));
  return (
    <article className="card grid grid-cols-1 gap-4 p-4" aria-label="Review">
      <Link to="/reviews" className="link lg:hidden">
        All reviews
      </Link>
      {data === undefined ? (
        <Missing error={error} retry={() => void refetch()} />
      ) : (
        <Detail key={data.id} review={data} />
      )}
    </article>
  );
}

function Missing({ error, retry }: { readonly error: Error | null; readonly retry: () => void }) {
  if (error === null) return <Loading />;
  if (!(error instanceof Failure) || error.code !== "unknown") {
    return <Trouble error={error} retry={retry} />;
  }
  return (
    <Empty title="There is no such review for you.">
      Whoever asked, the reviewers that the rule names, auditors and admins see a review.
    </Empty>
  );
}

function Detail({ review }: { readonly review: Review }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <>
      <header className="grid gap-1">
        <div className="flex flex-wrap items-center gap-2">
          <ReviewState state={review.state} />
          {isPending(review) && <TimeLeft until={review.expiresAt} />}
        </div>
        <h2 ref={heading} tabIndex={-1} className="text-xl font-bold break-words">
          <Visible text={`${asker(review)} ${factsAndRows(review)}`} />
        </h2>
        <p className="text-muted">
          on {review.resource}, asked at <Time at={review.askedAt} />
        </p>
      </header>
      {review.holdsLocks && isPending(review) && (
        <p className="notice notice-warn">
          This waits inside a transaction that holds locks: others wait for it too.
        </p>
      )}
      {isRequest(review) ? (
        <Request text={review.shown} label="Request" />
      ) : (
        <Statement text={review.shown} label="Statement" />
      )}
      <Parameters review={review} />
      <p className="break-words">
        <Visible text={review.message} />
      </p>
      <ReviewFacts review={review} />
      <Votes review={review} />
      <Vote review={review} />
      <Withdraw review={review} />
    </>
  );
}

/** What was bound, as far as it may be seen. */
const Parameters = ({ review: { parameters } }: { readonly review: Review }) =>
  parameters.length > 0 && (
    <ul aria-label="Parameters" className="grid gap-1 text-sm">
      {parameters.map(({ position, type, shown }) => (
        <li key={position} className="min-w-0 wrap-anywhere">
          <code>
            ${position} = <Visible text={shown} />
          </code>
          {type !== null && <span className="text-muted"> {type}</span>}
        </li>
      ))}
    </ul>
  );

const ReviewFacts = ({ review }: { readonly review: Review }) => (
  <Facts
    of={{
      Does: review.operations.length > 0 && <Chips words={review.operations} />,
      Touches:
        review.access === null &&
        (review.objects.length === 0 ? "nothing by name" : listed(review.objects)),
      Masked: review.masked.length > 0 && listed(review.masked),
      Rows: estimateInWords(review) !== null && <Rows review={review} />,
      Ends: review.access !== null && review.access.endsAt !== null && (
        <Time at={review.access.endsAt} />
      ),
      Risks: review.risks.length > 0 && <Chips words={review.risks} look="chip-danger" />,
      Rules: listed(review.rules),
      Reason: review.reason !== null && <Visible text={review.reason} />,
      Ticket: review.ticket !== null && <Visible text={review.ticket} />,
      Reviewers: listed(review.reviewers),
      "Sign-in": review.signIn !== null && signInInWords(review.signIn),
      Session: review.session !== "" && <SessionName review={review} />,
      Digest: <code>{review.digest}</code>,
      Settled: review.settledAt !== null && <Time at={review.settledAt} />,
    }}
  />
);

/** What the planner expects: outside of the transaction, and from statistics. */
function Rows({ review }: { readonly review: Review }) {
  const { estimate } = review;
  const words = estimateInWords(review);
  if (words === null) return null;
  return (
    <>
      {words}
      {estimate !== null && "rows" in estimate && (
        <span className="text-muted">
          {" "}
          as the planner estimates, at cost {Math.round(estimate.cost).toLocaleString("en")}
          {estimate.scans.length > 0 && (
            <>
              : <Visible text={listed(estimate.scans)} />
            </>
          )}
        </span>
      )}
    </>
  );
}

/** A link for those whom the gateway lets follow it. */
function SessionName({ review: { session, principal } }: { readonly review: Review }) {
  const { name, roles } = useSignedIn();
  const maySee = name === principal || roles.includes("auditor") || roles.includes("admin");
  if (!maySee) return <code>{session}</code>;
  return (
    <Link to="/sessions/$id" params={{ id: session }} className="link">
      {session}
    </Link>
  );
}

const Votes = ({ review }: { readonly review: Review }) => (
  <section aria-label="Answers" className="grid gap-2">
    <h3 className="font-semibold">
      {approvals(review)} of {review.approvalsNeeded} approved
    </h3>
    {review.votes.length > 0 && (
      <ul className="grid gap-1 text-sm">
        <VoteItems votes={review.votes} />
      </ul>
    )}
  </section>
);
