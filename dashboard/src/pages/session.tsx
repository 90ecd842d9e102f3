import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { EndSession } from "../parts/end-session.tsx";
import { Facts } from "../parts/facts.tsx";
import { Statement, Visible } from "../parts/statement.tsx";
import { Empty, Loading, Trouble } from "../parts/states.tsx";
import { Time } from "../parts/time.tsx";
import { recordsQuery, sessionQuery, useSignedIn } from "../queries.ts";
import { resultInWords, type Step, timeline, type Verdict } from "../timeline.ts";
import { listed } from "../words.ts";
import { type Session, SessionState, whoIn } from "./sessions.tsx";

export function SessionPage() {
  const { id } = useParams({ from: "/sessions/$id" });
  const { data: session, error, refetch } = useQuery(sessionQuery(id));
  const isAdmin = useSignedIn().roles.includes("admin");
  return (
    <div className="grid gap-4">
      <Link to="/sessions" className="link justify-self-start">
        All sessions
      </Link>
      {session === undefined && <h1 className="text-xl font-bold">Session</h1>}
      {session === undefined && error === null && <Loading />}
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      {session !== undefined && (
        <>
          <section aria-labelledby="title" className="card grid gap-3 p-4">
            <div className="flex flex-wrap items-center gap-2">
              <h1 id="title" className="text-xl font-bold break-words">
                <Visible text={whoIn(session)} /> on {session.resource.name}
              </h1>
              <SessionState session={session} />
              {isAdmin && session.state === "live" && <EndSession id={id} />}
            </div>
            <SessionFacts session={session} />
          </section>
          <Timeline id={id} isLive={session.state === "live"} />
        </>
      )}
    </div>
  );
}

const SessionFacts = ({ session }: { readonly session: Session }) => (
  <Facts
    of={{
      Id: <code>{session.id}</code>,
      Opened: <Time at={session.openedAt} />,
      Ends: session.state === "live" && session.endsAt !== null && <Time at={session.endsAt} />,
      Ended: session.endedAt !== null && <Time at={session.endedAt} />,
      Because: session.endMessage !== null && <Visible text={session.endMessage} />,
      Reason: session.reason !== null && <Visible text={session.reason} />,
      Ticket: session.ticket !== null && <Visible text={session.ticket} />,
      Policy: <code>{session.policy}</code>,
      Recording: session.recording,
    }}
  />
);

function Timeline({ id, isLive }: { readonly id: string; readonly isLive: boolean }) {
  const query = useInfiniteQuery(recordsQuery(id));
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetching } = query;
  const steps = data && timeline(data.pages.flatMap(({ items }) => items));
  const isCaughtUp = data?.pages.at(-1)?.items.length === 0;
  const more = isLive && isCaughtUp ? () => refetch() : () => fetchNextPage();
  return (
    <section aria-labelledby="timeline" className="card">
      <div className="flex flex-wrap items-baseline gap-x-3 border-b border-line px-4 py-3">
        <h2 id="timeline" className="text-lg font-bold">
          Timeline
        </h2>
        <p className="text-sm text-muted">To read a recording is itself written down.</p>
      </div>
      {steps === undefined && error === null && <Loading />}
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      {steps?.length === 0 && <Empty title="Nothing is recorded yet." />}
      <ol className="divide-y divide-line" aria-label="Timeline">
        {steps?.map((step) => (
          <li key={step.seq} className="grid gap-2 px-4 py-3">
            {step.is === "event" ? <Event step={step} /> : <Command step={step} />}
          </li>
        ))}
      </ol>
      {(hasNextPage || (isLive && steps !== undefined)) && (
        <div className="border-t border-line p-3 text-center">
          <button
            type="button"
            className="button"
            disabled={isFetching}
            onClick={() => void more()}
          >
            {isFetching ? "Loading" : "Show what follows"}
          </button>
        </div>
      )}
    </section>
  );
}

type Of<K extends Step["is"]> = { readonly step: Extract<Step, { is: K }> };

const Event = ({ step }: Of<"event">) => (
  <p className="flex flex-wrap gap-x-3 text-sm text-muted">
    <Time at={step.at} />
    <span className="break-words">
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

const Command = ({ step }: Of<"command">) => (
  <>
    <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <Time at={step.at} />
      <span className={`chip ${VERDICT_LOOKS[step.verdict]}`}>{step.verdict}</span>
      {step.rules.length > 0 && <span className="text-muted">rule {listed(step.rules)}</span>}
      {step.by.length > 0 && <span className="text-muted">answered by {listed(step.by)}</span>}
    </p>
    <Statement text={step.shown} label={`Statement ${step.command}`} />
    {step.message !== null && (
      <p className="text-sm break-words">
        <Visible text={step.message} />
      </p>
    )}
    {step.results.map((result, index) => (
      <p key={index} className="text-sm text-muted">
        {resultInWords(result)}
      </p>
    ))}
    {step.failure !== null && <p className="text-sm text-danger">failed: {step.failure}</p>}
  </>
);
