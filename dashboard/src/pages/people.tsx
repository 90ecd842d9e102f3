import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { Answer } from "../api.ts";
import { peopleQuery } from "../oversight.ts";
import { Chips } from "../parts/chips.tsx";
import { More } from "../parts/more.tsx";
import { Empty, Loading, Trouble } from "../parts/states.tsx";
import { Time } from "../parts/time.tsx";
import { oneLine } from "../visible.ts";
import { counted } from "../words.ts";

type Person = Answer<"people">["items"][number];

/** Everybody who has signed in. */
export function PeoplePage() {
  const { name } = useSearch({ from: "/people" });
  const query = useInfiniteQuery(peopleQuery(name));
  const { data, error, refetch } = query;
  const people = data?.pages.flatMap(({ items }) => items);
  return (
    <section aria-labelledby="title" className="card">
      <div className="grid gap-3 border-b border-line px-4 py-3">
        <h1 id="title" className="text-lg font-bold">
          People
        </h1>
        <Filter key={name} name={name ?? ""} />
      </div>
      {people === undefined && error === null && <Loading />}
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      {people?.length === 0 && (
        <Empty title="Nobody fits.">Whoever signs in is listed from then on.</Empty>
      )}
      <ul aria-label="People" className="divide-y divide-line">
        {people?.map((person) => (
          <li key={person.id}>
            <Row person={person} />
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <More
          busy={query.isFetchingNextPage}
          more={() => void query.fetchNextPage()}
          words="Show more"
        />
      )}
    </section>
  );
}

const Row = ({ person }: { readonly person: Person }) => (
  <Link to="/people/$id" params={{ id: person.id }} className="row">
    <span className="flex flex-wrap items-center gap-2">
      <span className="font-semibold break-words">{oneLine(person.name)}</span>
      {person.kind === "service" && <span className="text-muted">a service</span>}
      <Chips words={person.roles} look="chip-accent" />
      <Chips words={person.groups} />
      {person.live > 0 && (
        <span className="chip chip-good ml-auto">{counted(person.live, "live session")}</span>
      )}
    </span>
    <span className="mt-1 block text-sm text-muted">
      groups read at <Time at={person.groupsReadAt} />
    </span>
  </Link>
);

function Filter({ name }: { readonly name: string }) {
  const navigate = useNavigate();
  return (
    <form
      className="flex items-end gap-2 text-sm"
      onSubmit={(event) => {
        event.preventDefault();
        const given = new FormData(event.currentTarget).get("name");
        const text = typeof given === "string" ? given.trim() : "";
        void navigate({ to: "/people", search: text === "" ? {} : { name: text } });
      }}
    >
      <label className="grid min-w-0 gap-1">
        Name begins with
        <input name="name" className="field" defaultValue={name} />
      </label>
      <button type="submit" className="button">
        Filter
      </button>
    </form>
  );
}
