import { queryOptions, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "../api.ts";
import { type Document, found, waysIn } from "../api-words.ts";
import { Prose, WayIn } from "../parts/way-in.tsx";
import { Empty, Loading, Trouble } from "../parts/states.tsx";
import { counted } from "../words.ts";

const documentQuery = queryOptions({
  queryKey: ["openapi"],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async ({ signal }) => (await call("openapi", { signal })) as unknown as Document,
});

export function ApiDocsPage() {
  const { data, error, refetch } = useQuery(documentQuery);
  return (
    <div className="grid gap-6">
      <header className="grid gap-2">
        <h1 className="text-xl font-bold">API</h1>
        <p className="max-w-prose text-muted">
          Everything that these pages and the command do, to do it yourself. The same as{" "}
          <a href="/api/openapi.json" className="link">
            OpenAPI 3.1
          </a>
          , for tools.
        </p>
      </header>
      {data === undefined && error === null && <Loading />}
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      {data !== undefined && (
        <>
          <Manners />
          <Routes document={data} />
          <Scopes document={data} />
          <Problems document={data} />
        </>
      )}
    </div>
  );
}

const Manners = () => (
  <section aria-labelledby="manners" className="card grid gap-2 p-4">
    <h2 id="manners" className="text-lg font-bold">
      How to ask
    </h2>
    <ul className="grid max-w-prose list-disc gap-1 ps-5">
      <li>
        Send <code className="font-mono">Authorization: Bearer</code> with an API token, or with an
        access token of ten minutes that <code className="font-mono">sluice login</code> has.
      </li>
      <li>
        Lists come page by page: <code className="font-mono">next</code> of one answer is{" "}
        <code className="font-mono">after</code> of the next request, and null on the last page.
      </li>
      <li>
        Where something is changed, an <code className="font-mono">Idempotency-Key</code> of your
        own makes a retry safe: the same key with the same body gets the first answer again for a
        day.
      </li>
      <li>
        A refusal is <code className="font-mono">application/problem+json</code> with a{" "}
        <code className="font-mono">code</code> that never changes its meaning.
      </li>
    </ul>
  </section>
);

function Routes({ document }: { readonly document: Document }) {
  const [search, setSearch] = useState("");
  const groups = found(waysIn(document), search);
  const count = groups.reduce((sum, [, ways]) => sum + ways.length, 0);
  return (
    <section aria-labelledby="routes" className="grid gap-4">
      <h2 id="routes" className="text-lg font-bold">
        Routes
      </h2>
      <div className="flex flex-wrap items-end gap-3">
        <label className="grid w-full max-w-sm gap-1">
          Search
          <input
            type="search"
            className="field"
            placeholder="path, word, role or scope"
            value={search}
            onChange={({ target }) => setSearch(target.value)}
          />
        </label>
        <p role="status" className="py-2 text-muted">
          {counted(count, "route")}
        </p>
      </div>
      {count === 0 && <Empty title="No route has all of these words." />}
      {groups.map(([tag, ways]) => (
        <section key={tag} aria-labelledby={`tag-${tag}`} className="card">
          <h3 id={`tag-${tag}`} className="border-b border-line px-4 py-2 font-bold">
            {tag}
          </h3>
          <ul className="divide-y divide-line">
            {ways.map((way) => (
              <li key={way.of.operationId}>
                <WayIn way={way} document={document} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </section>
  );
}

const Scopes = ({ document }: { readonly document: Document }) => (
  <Told id="scopes" title="Scopes of API tokens" of={document["x-scopes"]} />
);

const Problems = ({ document }: { readonly document: Document }) => (
  <Told
    id="problems"
    title="Codes of problems"
    of={Object.fromEntries(
      Object.entries(document["x-problems"]).map(([code, { status, meaning }]) => [
        code,
        `${status}: ${meaning}`,
      ]),
    )}
  />
);

type ToldProps = {
  readonly id: string;
  readonly title: string;
  readonly of: Readonly<Record<string, string>>;
};

/** Names, each with its sentence. */
const Told = ({ id, title, of }: ToldProps) => (
  <section aria-labelledby={id} className="card">
    <h2 id={id} className="border-b border-line px-4 py-3 text-lg font-bold">
      {title}
    </h2>
    <dl className="divide-y divide-line">
      {Object.entries(of).map(([name, words]) => (
        <div key={name} className="grid gap-1 px-4 py-2 sm:grid-cols-[17rem_1fr]">
          <dt>
            <code className="font-mono font-semibold break-words">{name}</code>
          </dt>
          <dd className="break-words">
            <Prose text={words} />
          </dd>
        </div>
      ))}
    </dl>
  </section>
);
