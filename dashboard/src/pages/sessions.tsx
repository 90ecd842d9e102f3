import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { Answer } from "../api.ts";
import type { SessionFilters } from "../app.tsx";
import { More } from "../parts/more.tsx";
import { Empty, Loading, Trouble } from "../parts/states.tsx";
import { Time } from "../parts/time.tsx";
import { sessionsQuery } from "../queries.ts";
import { oneLine } from "../visible.ts";
import { counted } from "../words.ts";

export type Session = Answer<"session">;

export function SessionsPage() {
  const filters = useSearch({ from: "/sessions" });
  const query = useInfiniteQuery(sessionsQuery(filters));
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = query;
  const sessions = data?.pages.flatMap(({ items }) => items);
  return (
    <section aria-labelledby="title" className="card">
      <div className="grid gap-3 border-b border-line px-4 py-3">
        <h1 id="title" className="text-lg font-bold">
          Sessions
        </h1>
        <Filters key={JSON.stringify(filters)} filters={filters} />
      </div>
      {sessions === undefined && error === null && <Loading />}
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      {sessions?.length === 0 && (
        <Empty title="No session fits.">
          A session begins with <code className="font-mono">sluice psql NAME</code>.
        </Empty>
      )}
      <ul aria-label="Sessions" className="divide-y divide-line">
        {sessions?.map((session) => (
          <li key={session.id}>
            <Row session={session} />
          </li>
        ))}
      </ul>
      {hasNextPage && <More busy={isFetchingNextPage} more={() => void fetchNextPage()} />}
    </section>
  );
}

const Row = ({ session }: { readonly session: Session }) => (
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
);

export const SessionState = ({ session }: { readonly session: Session }) =>
  session.state === "live" ? (
    <span className="chip chip-good">live</span>
  ) : (
    <span className="chip">{session.endCode ?? "ended"}</span>
  );

export const whoIn = ({ principal, onBehalfOf }: Session): string =>
  onBehalfOf === null ? principal.name : `${principal.name} on behalf of ${onBehalfOf}`;

/** They are part of the address, so that a list can be sent to somebody. */
function Filters({ filters }: { readonly filters: SessionFilters }) {
  const navigate = useNavigate();
  const apply = (form: FormData) => {
    const text = (name: string) => {
      const value = form.get(name);
      return typeof value === "string" ? value.trim() : "";
    };
    const state = text("state");
    const search: SessionFilters = {
      ...((state === "live" || state === "ended") && { state }),
      ...(text("principal") !== "" && { principal: text("principal") }),
      ...(text("resource") !== "" && { resource: text("resource") }),
    };
    void navigate({ to: "/sessions", search });
  };
  return (
    <form
      className="grid grid-cols-2 items-end gap-2 text-sm sm:grid-cols-[1fr_1fr_1fr_auto]"
      onSubmit={(event) => {
        event.preventDefault();
        apply(new FormData(event.currentTarget));
      }}
    >
      <label className="grid gap-1">
        State
        <select name="state" className="field" defaultValue={filters.state ?? ""}>
          <option value="">All</option>
          <option value="live">Live</option>
          <option value="ended">Ended</option>
        </select>
      </label>
      <label className="grid gap-1">
        Who
        <input name="principal" className="field" defaultValue={filters.principal ?? ""} />
      </label>
      <label className="grid gap-1">
        Resource
        <input name="resource" className="field" defaultValue={filters.resource ?? ""} />
      </label>
      <button type="submit" className="button">
        Filter
      </button>
    </form>
  );
}
