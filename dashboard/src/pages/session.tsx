import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { EndSession } from "../parts/end-session.tsx";
import { Exchanges, ExchangesAt } from "../parts/exchanges.tsx";
import { Facts } from "../parts/facts.tsx";
import { Visible } from "../parts/statement.tsx";
import { Loading, Trouble } from "../parts/states.tsx";
import { StepAt, Steps } from "../parts/steps.tsx";
import { Time } from "../parts/time.tsx";
import { Timeline } from "../parts/timeline.tsx";
import { Verify } from "../parts/verify.tsx";
import { sessionQuery, useSignedIn } from "../queries.ts";
import type { Recording } from "../recording.ts";
import { useRecording, useWatch } from "../watch.ts";
import { asEnded, type Session, SessionState, whoIn } from "./sessions.tsx";

export function SessionPage() {
  const { id } = useParams({ from: "/sessions/$id" });
  const { data: session, error, refetch } = useQuery(sessionQuery(id));
  return (
    <div className="grid gap-4">
      <Link to="/sessions" className="link justify-self-start">
        All sessions
      </Link>
      {session === undefined && <h1 className="text-xl font-bold">Session</h1>}
      {session === undefined && error === null && <Loading />}
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      {session !== undefined && <Recorded key={id} session={session} />}
    </div>
  );
}

function Recorded({ session: asked }: { readonly session: Session }) {
  const { id } = asked;
  const isHttp = asked.resource.type === "http";
  const [recording, known] = useRecording(id, isHttp ? "exchanges" : "statements");
  // The recording has the end before anybody else says so.
  const session = known.end === null ? asked : asEnded(asked, known.end);
  const isLive = session.state === "live";
  // What was there before is read first, and written down as read.
  const watch = useLiveWatch(session, recording, known.facts.length > 0 || known.caughtUp);
  const place = { id, resource: session.resource.name };
  const isAdmin = useSignedIn().roles.includes("admin");
  return (
    <>
      <section aria-labelledby="title" className="card grid gap-3 p-4">
        <div className="flex flex-wrap items-center gap-2">
          <h1 id="title" className="text-xl font-bold break-words">
            <Visible text={whoIn(session)} /> on {session.resource.name}
          </h1>
          <SessionState session={session} />
          {isAdmin && isLive && <EndSession id={id} ended={() => void recording.more()} />}
        </div>
        <SessionFacts session={session} />
        {session.recording !== "full" && (
          <p className="text-sm">
            Recorded at level {session.recording}: what was answered is not in the recording.
          </p>
        )}
        <Verify id={id} />
        <Exports session={session} />
      </section>
      <Timeline
        known={known}
        more={() => void recording.more()}
        watch={watch}
        renderList={(isWatched) =>
          isHttp ? (
            <Exchanges {...place} known={known} isWatched={isWatched} />
          ) : (
            <Steps id={id} known={known} isWatched={isWatched} />
          )
        }
        renderMoment={(until, moment) =>
          isHttp ? (
            <ExchangesAt {...place} known={known} until={until} moment={moment} />
          ) : (
            <StepAt id={id} known={known} until={until} moment={moment} />
          )
        }
      />
    </>
  );
}

/** A live session is watched from the start; null: it is over. */
function useLiveWatch({ id, state: session }: Session, recording: Recording, isRead: boolean) {
  const [isOn, setOn] = useState(true);
  const isLive = session === "live";
  const state = useWatch(id, recording, isOn && isLive && isRead);
  return isLive ? { state: isOn ? state : ("off" as const), turn: () => setOn(!isOn) } : null;
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

/** Files that the gateway writes: what a person reads, and what proves it. */
const Exports = ({ session: { id, state } }: { readonly session: Session }) => (
  <p className="text-sm">
    Export:{" "}
    <a className="link" href={`/api/sessions/${id}/export?format=jsonl`} download>
      records as lines of JSON
    </a>
    ,{" "}
    <a className="link" href={`/api/sessions/${id}/export?format=raw`} download>
      the signed recording for sluice audit verify
    </a>
    {state === "live" && " (as far as it is signed)"}.
  </p>
);
