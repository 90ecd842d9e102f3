import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { versionsQuery } from "../policy-queries.ts";
import { Loading, Trouble } from "./states.tsx";
import { Time } from "./time.tsx";

export function PolicyVersions({ inForce }: { readonly inForce: string }) {
  const query = useInfiniteQuery(versionsQuery);
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = query;
  const versions = data?.pages.flatMap(({ items }) => items);
  return (
    <section aria-labelledby="versions" className="card">
      <h2 id="versions" className="border-b border-line px-4 py-3 text-lg font-bold">
        Versions
      </h2>
      {versions === undefined && error === null && <Loading />}
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      <ul aria-label="Versions" className="divide-y divide-line">
        {versions?.map(({ version, author, appliedAt }) => (
          <li key={version}>
            <Link to="/policy/versions/$version" params={{ version }} className="row">
              <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <span className="font-semibold break-words">{author}</span>
                <Time at={appliedAt} />
                {version === inForce && <span className="chip chip-good">in force</span>}
                <code className="text-sm break-all text-muted">{version}</code>
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <div className="border-t border-line p-3 text-center">
          <button
            type="button"
            className="button"
            disabled={isFetchingNextPage}
            onClick={() => void fetchNextPage()}
          >
            {isFetchingNextPage ? "Loading" : "Show older ones"}
          </button>
        </div>
      )}
    </section>
  );
}
