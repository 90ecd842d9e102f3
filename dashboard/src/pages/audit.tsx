import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { Answer } from "../api.ts";
import { ACTIONS, eventInWords, subjectOf } from "../audit-words.ts";
import { type AuditFilters, auditFiltersIn, localInput } from "../filters.ts";
import { auditQuery } from "../oversight.ts";
import { More } from "../parts/more.tsx";
import { Visible } from "../parts/statement.tsx";
import { Empty, Loading, Trouble } from "../parts/states.tsx";
import { Time } from "../parts/time.tsx";

type Event = Answer<"audit">["items"][number];

/** What happened to Sluice itself: changes, denials, approvals, and each reading of a recording. */
export function AuditPage() {
  const filters = useSearch({ from: "/audit" });
  const query = useInfiniteQuery(auditQuery(filters));
  const { data, error, refetch } = query;
  const events = data?.pages.flatMap(({ items }) => items);
  return (
    <section aria-labelledby="title" className="card">
      <div className="grid gap-3 border-b border-line px-4 py-3">
        <h1 id="title" className="text-lg font-bold">
          Audit
        </h1>
        <Filters key={JSON.stringify(filters)} filters={filters} />
      </div>
      {events === undefined && error === null && <Loading />}
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      {events?.length === 0 && (
        <Empty title="Nothing fits.">
          <Link to="/audit" className="link">
            Show everything
          </Link>
        </Empty>
      )}
      <ol aria-label="Events" className="divide-y divide-line">
        {events?.map((event) => (
          <li key={event.id} className="grid gap-1 px-4 py-3">
            <Row event={event} />
          </li>
        ))}
      </ol>
      {query.hasNextPage && (
        <More busy={query.isFetchingNextPage} more={() => void query.fetchNextPage()} />
      )}
    </section>
  );
}

const Row = ({ event }: { readonly event: Event }) => (
  <>
    <p className="break-words">
      <Actor event={event} /> <Visible text={eventInWords(event)} />
    </p>
    <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
      <Time at={event.at} />
      <code className="font-mono">{event.action}</code>
      {event.outcome === "denied" && <span className="chip chip-danger">denied</span>}
      <Subject event={event} />
    </p>
  </>
);

const Actor = ({ event: { actor } }: { readonly event: Event }) =>
  actor === null ? (
    <span className="font-semibold">Nobody who was signed in</span>
  ) : (
    <Link to="/people/$id" params={{ id: actor.id }} className="link font-semibold">
      <Visible text={actor.name} />
    </Link>
  );

function Subject({ event }: { readonly event: Event }) {
  const { is, id } = subjectOf(event);
  if (is === "session") {
    return (
      <Link to="/sessions/$id" params={{ id }} className="link break-all">
        {id}
      </Link>
    );
  }
  if (is === "review") {
    return (
      <Link to="/reviews/$id" params={{ id }} className="link break-all">
        {id}
      </Link>
    );
  }
  return (
    <span className="break-all">
      <Visible text={id} />
    </span>
  );
}

/** They are part of the address, so that what was found can be sent to somebody. */
function Filters({ filters }: { readonly filters: AuditFilters }) {
  const navigate = useNavigate();
  const text = (name: "actor" | "subject") => ({
    name,
    className: "field",
    defaultValue: filters[name] ?? "",
  });
  const instant = (name: "from" | "to") => ({
    name,
    className: "field",
    type: "datetime-local",
    defaultValue: localInput(filters[name]),
  });
  return (
    <form
      className="grid items-end gap-2 text-sm sm:grid-cols-2 lg:grid-cols-4"
      onSubmit={(event) => {
        event.preventDefault();
        const given = Object.fromEntries(new FormData(event.currentTarget));
        void navigate({ to: "/audit", search: auditFiltersIn(given) });
      }}
    >
      <label className="grid gap-1">
        Who
        <input {...text("actor")} />
      </label>
      <label className="grid gap-1">
        What
        <select name="action" className="field" defaultValue={filters.action ?? ""}>
          <option value="">All</option>
          {ACTIONS.map((action) => (
            <option key={action}>{action}</option>
          ))}
        </select>
      </label>
      <label className="grid gap-1">
        About (an id or a name)
        <input {...text("subject")} />
      </label>
      <label className="grid gap-1">
        Outcome
        <select name="outcome" className="field" defaultValue={filters.outcome ?? ""}>
          <option value="">All</option>
          <option value="done">Done</option>
          <option value="denied">Denied</option>
        </select>
      </label>
      <label className="grid gap-1">
        From
        <input {...instant("from")} />
      </label>
      <label className="grid gap-1">
        Before
        <input {...instant("to")} />
      </label>
      <button type="submit" className="button">
        Filter
      </button>
    </form>
  );
}
