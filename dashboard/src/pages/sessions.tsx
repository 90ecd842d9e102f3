import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { memo } from "react";
import type { RecordView } from "../../../core/api/record.ts";
import type { StoredFact } from "../../../core/recording/record.ts";
import type { Answer } from "../api.ts";
import { More } from "../parts/more.tsx";
import { Chosen, Filters } from "../parts/session-filters.tsx";
import { Empty, Loading, Trouble } from "../parts/states.tsx";
import { Time } from "../parts/time.tsx";
import { queryClient, sessionsQuery } from "../queries.ts";
import { isSearch, type SessionFilters } from "../session-filters.ts";
import { oneLine } from "../visible.ts";
import { counted } from "../words.ts";

export type Session = Answer<"session">;

export function SessionsPage() {
  const filters = useSearch({ from: "/sessions" });
  return (
    <section aria-labelledby="title" className="card">
      <div className="grid gap-3 border-b border-line px-4 py-3">
        <h1 id="title" className="text-lg font-bold">
          Sessions
        </h1>
        <Filters key={JSON.stringify(filters)} filters={filters} />
        <Chosen filters={filters} />
      </div>
      <Found filters={filters} />
    </section>
  );
}

/** From here on only what is near the window is laid out. */
const manyRows = 200;

type FoundProps = { readonly filters: SessionFilters };

function Found({ filters }: FoundProps) {
  const asked = sessionsQuery(filters);
  const query = useInfiniteQuery(asked);
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = query;
  const sessions = data?.pages.flatMap(({ items }) => items);
  if (sessions === undefined) {
    return error === null ? <Loading /> : <Trouble error={error} retry={() => void refetch()} />;
  }
  const again = () => void queryClient.resetQueries({ queryKey: asked.queryKey });
  return (
    <>
      <div className="flex flex-wrap items-center gap-3 border-b border-line px-4 py-2 text-sm">
        <p role="status" className="text-muted">
          {counted(sessions.length, "session")}
          {hasNextPage ? ", and older ones" : ""}
        </p>
        <button type="button" className="button ml-auto min-h-0 py-1" onClick={again}>
          Look again
        </button>
      </div>
      {sessions.length === 0 && <NoneFits filters={filters} />}
      <ul aria-label="Sessions" className="divide-y divide-line">
        {sessions.map((session) => (
          <li key={session.id} className={sessions.length > manyRows ? "lazy" : ""}>
            <Row session={session} />
          </li>
        ))}
      </ul>
      {error !== null && <Trouble error={error} retry={() => void fetchNextPage()} />}
      {hasNextPage && error === null && (
        <More busy={isFetchingNextPage} more={() => void fetchNextPage()} />
      )}
    </>
  );
}

function NoneFits({ filters }: FoundProps) {
  if (Object.keys(filters).length === 0) {
    return (
      <Empty title="There is no session yet.">
        A session begins with <code className="font-mono">sluice psql NAME</code>.
      </Empty>
    );
  }
  return (
    <Empty title="No session fits.">
      {isSearch(filters) && (
        <p>
          What happened in a session is found once its record is stored: a minute later, or when it
          ends.
        </p>
      )}
      <p className="mt-2">
        <Link to="/sessions" className="link">
          Show all sessions
        </Link>
      </p>
    </Empty>
  );
}

/** Of thousands, those that stand there already are not drawn again for fifty more. */
const Row = memo(({ session }: { readonly session: Session }) => (
  <Link to="/sessions/$id" params={{ id: session.id }} className="row">
    <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
      <span className="font-semibold break-words">{oneLine(whoIn(session))}</span>
      <span className="text-muted">on {session.resource.name}</span>
      <span className="ml-auto">
        <SessionState session={session} />
      </span>
    </span>
    <span className="mt-1 flex flex-wrap gap-x-3 text-sm text-muted">
      <span>
        opened <Time at={session.openedAt} />
      </span>
      {session.endedAt !== null && (
        <span>
          ended <Time at={session.endedAt} />
        </span>
      )}
      {session.commands !== null && <span>{counted(session.commands, "command")}</span>}
      {session.reason !== null && <span className="break-words">{oneLine(session.reason)}</span>}
    </span>
  </Link>
));
Row.displayName = "Row";

export const SessionState = ({ session }: { readonly session: Session }) =>
  session.state === "live" ? (
    <span className="chip chip-good">live</span>
  ) : (
    <span className="chip">{session.endCode ?? "ended"}</span>
  );

export const whoIn = ({ principal, onBehalfOf }: Session): string =>
  onBehalfOf === null ? principal.name : `${principal.name} on behalf of ${onBehalfOf}`;

/** The session with the end that its recording tells of: D1 may hear of it seconds later. */
export function asEnded(session: Session, { at, fact }: RecordView): Session {
  if (session.state === "ended") return session;
  const { code, message, commands } = fact as Extract<StoredFact, { kind: "end" }>;
  return { ...session, state: "ended", endedAt: at, endCode: code, endMessage: message, commands };
}
