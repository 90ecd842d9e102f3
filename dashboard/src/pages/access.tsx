import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Answer } from "../api.ts";
import { Ask } from "../parts/ask.tsx";
import { Chips } from "../parts/chips.tsx";
import { CopyLine } from "../parts/copy.tsx";
import { Empty, Loading, Trouble } from "../parts/states.tsx";
import { Time } from "../parts/time.tsx";
import { resourcesQuery } from "../queries.ts";

type Resource = Answer<"resource">;

export function AccessPage() {
  const { data, error, refetch } = useQuery(resourcesQuery);
  return (
    <div className="grid gap-4">
      <h1 className="text-xl font-bold">What you may open</h1>
      {data === undefined && error === null && <Loading />}
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      {data?.items.length === 0 && (
        <Empty title="No grant names you.">Who keeps the policy can add one.</Empty>
      )}
      <ul aria-label="Resources" className="grid gap-4 lg:grid-cols-2">
        {data?.items.map((resource) => (
          <li key={resource.id} className="min-w-0">
            <ResourceCard resource={resource} />
          </li>
        ))}
      </ul>
    </div>
  );
}

const STATES: Readonly<Record<Resource["state"], readonly [words: string, look: string]>> = {
  open: ["open", "chip-good"],
  request: ["you may ask", "chip-warn"],
  closed: ["closed", ""],
};

function ResourceCard({ resource }: { readonly resource: Resource }) {
  const { name, type, database, url, labels, state, access, why, endsAt, mayAsk } = resource;
  const [words, look] = STATES[state];
  const tags = Object.entries(labels).map(([key, value]) => `${key}: ${value}`);
  return (
    <article aria-label={name} className="card grid gap-3 p-4">
      <div className="flex flex-wrap items-center gap-2">
        <h2 className="text-lg font-semibold break-words">{name}</h2>
        <span className={`chip ${look}`}>{words}</span>
        <span className="text-sm text-muted">
          {type}, {url ?? `database ${database}`}
        </span>
      </div>
      {access.length > 0 && <Chips words={access} look="chip-accent" />}
      {tags.length > 0 && <Chips words={tags} />}
      <p className="break-words">{why}</p>
      {state === "open" && (
        <>
          <p className="text-sm text-muted">
            {endsAt === null ? (
              "A session has no end of its own."
            ) : (
              <>
                A session opened now ends by <Time at={endsAt} />.
              </>
            )}
          </p>
          {url === null ? <WayToDatabase name={name} /> : <WayToService url={url} />}
        </>
      )}
      {mayAsk.map((offer) => (
        <Ask key={offer.grant} resource={name} offer={offer} />
      ))}
    </article>
  );
}

const WayToDatabase = ({ name }: { readonly name: string }) => (
  <>
    <p>
      <Link to="/console" search={{ resource: name }} className="link">
        Open it in the console
      </Link>
      , or from a terminal:
    </p>
    <CopyLine command={`sluice psql ${name}`} />
    <CopyLine command={`sluice connect ${name} -- CMD`} />
  </>
);

/** Any HTTP client reaches it; the service's own credential is the gateway's to add. */
const WayToService = ({ url }: { readonly url: string }) => (
  <>
    <p>Call it with any HTTP client, and with a token of your own:</p>
    <CopyLine command={`curl -H "Authorization: Bearer $SLUICE_TOKEN" ${url}/`} />
  </>
);
