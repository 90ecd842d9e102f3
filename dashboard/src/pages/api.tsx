import { queryOptions, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { fetchJson } from "../api.ts";
import {
  curlOf,
  type Description,
  type Endpoint,
  endpointsOf,
  type Schema,
  typeOf,
} from "../described.ts";
import { CopyLine } from "../parts/copy.tsx";
import { Empty, Loading, Trouble } from "../parts/states.tsx";

const descriptionQuery = queryOptions({
  queryKey: ["openapi"],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: ({ signal }) => fetchJson<Description>("/api/openapi.json", signal),
});

/** Everything that the pages do, for programs. */
export function ApiPage() {
  const { data, error, refetch } = useQuery(descriptionQuery);
  const [wanted, setWanted] = useState("");
  return (
    <div className="grid gap-4">
      <h1 className="text-xl font-bold">API</h1>
      <p className="max-w-prose">
        Everything that these pages do is an HTTP call that programs may make too, described in{" "}
        <a href="/api/openapi.json" className="link">
          OpenAPI 3.1
        </a>
        . Errors are RFC 9457 problems with a stable code; lists are read page by page with{" "}
        <code>after</code>, the <code>next</code> of the page before.
      </p>
      <label className="grid max-w-md gap-1 text-sm">
        Find
        <input
          type="search"
          className="field"
          value={wanted}
          onChange={({ target }) => setWanted(target.value)}
        />
      </label>
      {data === undefined && error === null && <Loading />}
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      {data !== undefined && <Parts description={data} wanted={wanted} />}
    </div>
  );
}

type PartsProps = { readonly description: Description; readonly wanted: string };

function Parts({ description, wanted }: PartsProps) {
  const parts = description.tags
    .map((tag) => ({ ...tag, endpoints: endpointsOf(description, tag.name, wanted) }))
    .filter(({ endpoints }) => endpoints.length > 0);
  if (parts.length === 0) return <Empty title="Nothing is called so." />;
  return parts.map(({ name, description: about, endpoints }) => (
    <section key={name} aria-label={name} className="card">
      <div className="border-b border-line px-4 py-3">
        <h2 className="text-lg font-bold">{name}</h2>
        <p className="text-sm text-muted">{about}</p>
      </div>
      <ul className="divide-y divide-line">
        {endpoints.map((endpoint) => (
          <li key={endpoint.operationId}>
            <EndpointDetails endpoint={endpoint} description={description} />
          </li>
        ))}
      </ul>
    </section>
  ));
}

type DetailsProps = { readonly endpoint: Endpoint; readonly description: Description };

function EndpointDetails({ endpoint, description }: DetailsProps) {
  const { method, path, summary, description: who, parameters = [], requestBody } = endpoint;
  const [body] = Object.entries(requestBody?.content ?? {});
  const [status, answer] = Object.entries(endpoint.responses)[0] ?? [];
  const [server] = description.servers;
  const type = (schema: Schema) => typeOf(schema, description.components);
  return (
    <details className="px-4 py-3">
      <summary className="cursor-pointer break-words">
        <code className="font-semibold">
          {method} {path}
        </code>{" "}
        <span className="text-muted">{summary}</span>
      </summary>
      <div className="mt-3 grid gap-3">
        <p>{who}</p>
        {parameters.length > 0 && (
          <dl className="facts" aria-label="Parameters">
            {parameters.map(({ name, in: place, required, schema }) => (
              <div key={name} className="contents">
                <dt>
                  <code>{name}</code>
                </dt>
                <dd>
                  {place === "path" || required ? "needed" : "may be left out"}:{" "}
                  <code>{type(schema)}</code>
                  {schema.default !== undefined && <>, else {JSON.stringify(schema.default)}</>}
                </dd>
              </div>
            ))}
          </dl>
        )}
        {body !== undefined && <Shape title={`Body, ${body[0]}`} type={type(body[1].schema)} />}
        {Object.values(answer?.content ?? {}).map(({ schema }) => (
          <Shape key={status} title={`Answer ${status}`} type={type(schema)} />
        ))}
        <CopyLine command={curlOf(endpoint, server?.url ?? "")} />
      </div>
    </details>
  );
}

const Shape = ({ title, type }: { readonly title: string; readonly type: string }) => (
  <section aria-label={title} className="grid gap-1">
    <h3 className="text-sm font-semibold">{title}</h3>
    <pre className="code px-3 py-2 break-words whitespace-pre-wrap">{type}</pre>
  </section>
);
