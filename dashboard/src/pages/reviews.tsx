import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useParams } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { isPending, oldestListed, type Review } from "../inbox.ts";
import { useKept } from "../kept.ts";
import { useKeys } from "../keys.ts";
import { ReviewState } from "../parts/chips.tsx";
import { More } from "../parts/more.tsx";
import { Empty, Loading, Trouble } from "../parts/states.tsx";
import { Time, TimeLeft } from "../parts/time.tsx";
import { olderReviewsQuery, recentMax, reviewsQuery } from "../queries.ts";
import { line } from "../signed-in.ts";
import { approvals, asker, factsAndRows, listed } from "../words.ts";
import { oneLine } from "../visible.ts";

/** The inbox; a review that is open stands beside it, or in its stead where there is no room. */
export function ReviewsPage() {
  const { id } = useParams({ strict: false });
  const reviews = useQuery(reviewsQuery);
  const list = useStepping(id, reviews.data ?? []);
  const beside = id === undefined ? "" : "hidden lg:block";
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,5fr)_minmax(0,7fr)]">
      <h1 className="sr-only">Reviews</h1>
      <section aria-labelledby="inbox" className={`card min-w-0 ${beside}`}>
        <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-3">
          <h2 id="inbox" className="text-lg font-bold">
            Inbox
          </h2>
          <Line />
          <AskToNotify />
        </div>
        <div ref={list}>
          {reviews.data === undefined ? (
            <Unready {...reviews} retry={() => void reviews.refetch()} />
          ) : (
            <Inbox reviews={reviews.data} />
          )}
        </div>
      </section>
      <div className="min-w-0">
        <Outlet />
      </div>
    </div>
  );
}

type UnreadyProps = { readonly error: Error | null; readonly retry: () => void };

const Unready = ({ error, retry }: UnreadyProps) =>
  error === null ? <Loading /> : <Trouble error={error} retry={retry} />;

function Inbox({ reviews }: { readonly reviews: readonly Review[] }) {
  const waiting = reviews.filter(isPending);
  const settled = reviews.filter((review) => !isPending(review));
  return (
    <>
      <h3 className="sr-only">Waiting</h3>
      {waiting.length === 0 ? (
        <Empty title="Nothing waits.">A held command appears here within a second.</Empty>
      ) : (
        <List reviews={waiting} label="Waiting" />
      )}
      {settled.length > 0 && (
        <>
          <h3 className="border-y border-line bg-sunk px-4 py-1 text-sm font-semibold">Recent</h3>
          <List reviews={settled} label="Recent" />
        </>
      )}
      {reviews.length >= recentMax && <Older reviews={reviews} />}
    </>
  );
}

/** What is settled for longer, once somebody asks for it. */
function Older({ reviews }: { readonly reviews: readonly Review[] }) {
  const [before, setBefore] = useState<string>();
  if (before !== undefined) return <OlderPages before={before} listed={reviews} />;
  return <More busy={false} more={() => setBefore(oldestListed(reviews))} />;
}

type OlderProps = { readonly before: string; readonly listed: readonly Review[] };

function OlderPages({ before, listed }: OlderProps) {
  const query = useInfiniteQuery(olderReviewsQuery(before));
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetching } = query;
  if (data === undefined) return <Unready error={error} retry={() => void refetch()} />;
  const known = new Set(listed.map(({ id }) => id));
  const older = data.pages.flatMap(({ items }) => items).filter(({ id }) => !known.has(id));
  return (
    <>
      <h3 className="border-y border-line bg-sunk px-4 py-1 text-sm font-semibold">Older</h3>
      {older.length === 0 && !hasNextPage && <Empty title="There are no older ones." />}
      <List reviews={older} label="Older" />
      {hasNextPage && <More busy={isFetching} more={() => void fetchNextPage()} />}
    </>
  );
}

type ListProps = { readonly reviews: readonly Review[]; readonly label: string };

const List = ({ reviews, label }: ListProps) => (
  <ul aria-label={label} className="divide-y divide-line">
    {reviews.map((review) => (
      <li key={review.id}>
        <Row review={review} />
      </li>
    ))}
  </ul>
);

const Row = ({ review }: { readonly review: Review }) => (
  <Link to="/reviews/$id" params={{ id: review.id }} className="row" data-review={review.id}>
    <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
      <span className="font-semibold break-words">{oneLine(asker(review))}</span>
      <span className="text-muted">on {review.resource}</span>
      <span className="ml-auto">
        {isPending(review) ? (
          <TimeLeft until={review.expiresAt} />
        ) : (
          <ReviewState state={review.state} />
        )}
      </span>
    </span>
    <span className="mt-1 block break-words">{oneLine(factsAndRows(review))}</span>
    <span className="mt-1 block truncate font-mono text-sm text-muted">
      {oneLine(review.shown)}
    </span>
    <span className="mt-1 flex flex-wrap gap-x-3 text-sm text-muted">
      <span>rule {listed(review.rules)}</span>
      <span>
        {approvals(review)} of {review.approvalsNeeded} approved
      </span>
      <Time at={review.settledAt ?? review.askedAt} />
    </span>
  </Link>
);

export const ChooseReview = () => (
  <section className="card hidden lg:block" aria-label="No review is open">
    <Empty title="Choose a review.">
      Keys: <kbd>j</kbd> and <kbd>k</kbd> move, <kbd>Enter</kbd> opens, <kbd>a</kbd> approves,{" "}
      <kbd>r</kbd> rejects.
    </Empty>
  </section>
);

/** `j` and `k`: to the next row, and along with it what is open. */
function useStepping(openId: string | undefined, reviews: readonly Review[]) {
  const list = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const step = (by: 1 | -1) => {
    const links = [...(list.current?.querySelectorAll<HTMLElement>("a[data-review]") ?? [])];
    const focused = document.activeElement?.closest<HTMLElement>("a[data-review]");
    const current = openId ?? focused?.dataset["review"];
    const at = reviews.findIndex(({ id }) => id === current);
    const next = reviews[at === -1 ? 0 : at + by];
    if (next === undefined) return;
    if (openId === undefined) links.find((link) => link.dataset["review"] === next.id)?.focus();
    else void navigate({ to: "/reviews/$id", params: { id: next.id } });
  };
  useKeys({ j: () => step(1), k: () => step(-1) });
  return list;
}

const LINE_WORDS = {
  connecting: ["connecting", ""],
  live: ["live", "chip-good"],
  lost: ["reconnecting", "chip-warn"],
} as const;

function Line() {
  const [words, look] = LINE_WORDS[useKept(line)];
  return (
    <span role="status" className={`chip ${look}`}>
      {words}
    </span>
  );
}

function AskToNotify() {
  const can = "Notification" in window;
  const [permission, setPermission] = useState(can ? Notification.permission : "denied");
  if (permission !== "default") return null;
  const ask = () => void Notification.requestPermission().then(setPermission);
  return (
    <button type="button" className="button ml-auto" onClick={ask}>
      Notify me
    </button>
  );
}
