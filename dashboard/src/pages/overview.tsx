import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import type { Answer } from "../api.ts";
import { type Span, SPANS } from "../filters.ts";
import { overviewQuery } from "../oversight.ts";
import { Table } from "../parts/table.tsx";
import { Empty, Loading, Trouble } from "../parts/states.tsx";
import { Time } from "../parts/time.tsx";
import { counted, timeLeft } from "../words.ts";

type Overview = Answer<"overview">;
type Kind = keyof Overview["total"];

const HoursChart = lazy(async () => ({
  default: (await import("../parts/hours-chart.tsx")).HoursChart,
}));

const SPAN_NAMES: Readonly<Record<Span, string>> = {
  today: "Today",
  yesterday: "Yesterday",
  week: "7 days",
};
const KINDS: Readonly<Record<Kind, string>> = {
  sessions: "Sessions opened",
  commands: "Commands",
  held: "Held for review",
  blocked: "Blocked",
  masked: "Values masked",
};
const KIND_NAMES = Object.keys(KINDS) as readonly Kind[];

/** How a day went, in one screen. */
export function OverviewPage() {
  const { span = "today" } = useSearch({ from: "/overview" });
  const { data, error, refetch } = useQuery(overviewQuery(span));
  return (
    <div className="grid grid-cols-1 gap-4">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h1 className="text-xl font-bold">Overview</h1>
        <Spans chosen={span} />
      </div>
      {data === undefined && error === null && <Loading />}
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      {data !== undefined && <Numbers overview={data} />}
    </div>
  );
}

const Spans = ({ chosen }: { readonly chosen: Span }) => (
  <ul className="flex flex-wrap gap-1" aria-label="Of when">
    {SPANS.map((span) => (
      <li key={span}>
        <Link
          to="/overview"
          search={span === "today" ? {} : { span }}
          className="tab"
          activeOptions={{ exact: true, includeSearch: true }}
          aria-current={span === chosen ? "page" : undefined}
        >
          {SPAN_NAMES[span]}
        </Link>
      </li>
    ))}
  </ul>
);

const Numbers = ({ overview }: { readonly overview: Overview }) => (
  <>
    <dl className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-6">
      <Number name="Live now" value={overview.live} />
      {KIND_NAMES.map((kind) => (
        <Number key={kind} name={KINDS[kind]} value={overview.total[kind]} />
      ))}
    </dl>
    <ByHour overview={overview} />
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Busiest overview={overview} />
      <Slowest overview={overview} />
    </div>
  </>
);

const Number = ({ name, value }: { readonly name: string; readonly value: number }) => (
  <div className="card flex flex-col-reverse justify-end p-4">
    <dt className="text-sm text-muted">{name}</dt>
    <dd className="text-2xl font-bold tabular-nums">{value.toLocaleString("en")}</dd>
  </div>
);

function ByHour({ overview }: { readonly overview: Overview }) {
  const [kind, setKind] = useState<Kind>("commands");
  const total = overview.total[kind].toLocaleString("en");
  const label = `${KINDS[kind]} by the hour: ${total} in all. The numbers are in the table below.`;
  const busy = overview.hours.filter((hour) => KIND_NAMES.some((name) => hour[name] > 0));
  return (
    <section aria-labelledby="by-hour" className="card grid grid-cols-1 gap-3 p-4">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h2 id="by-hour" className="text-lg font-bold">
          By the hour
        </h2>
        <label className="flex items-center gap-2 text-sm">
          Show
          <select
            className="field"
            value={kind}
            onChange={({ target }) => setKind(target.value as Kind)}
          >
            {KIND_NAMES.map((name) => (
              <option key={name} value={name}>
                {KINDS[name]}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Suspense fallback={<div className="skeleton h-56" />}>
        <HoursChart overview={overview} kind={kind} label={label} />
      </Suspense>
      <p className="text-sm text-muted">
        Counted as recordings are stored: what happens now is here a minute later.
      </p>
      <details>
        <summary className="cursor-pointer">As a table</summary>
        <Table
          label="Numbers by the hour"
          heads={["Hour", ...KIND_NAMES.map((name) => KINDS[name])]}
          rows={busy.map((hour) => ({
            key: hour.at,
            cells: [<Time key="at" at={hour.at} />, ...numbersOf(hour)],
          }))}
        />
      </details>
    </section>
  );
}

const numbersOf = (counts: Overview["total"]): string[] =>
  KIND_NAMES.map((name) => counts[name].toLocaleString("en"));

const Busiest = ({ overview: { resources } }: { readonly overview: Overview }) => (
  <section aria-labelledby="busiest" className="card min-w-0">
    <h2 id="busiest" className="px-4 py-3 text-lg font-bold">
      Busiest resources
    </h2>
    {resources.length === 0 ? (
      <Empty title="Nothing happened.">No session was recorded in this time.</Empty>
    ) : (
      <Table
        label="Numbers by resource"
        heads={["Resource", ...KIND_NAMES.map((name) => KINDS[name])]}
        rows={resources.map((one) => ({
          key: one.resource,
          cells: [
            <Link key="name" to="/sessions" search={{ resource: one.resource }} className="link">
              {one.resource}
            </Link>,
            ...numbersOf(one),
          ],
        }))}
      />
    )}
  </section>
);

const Slowest = ({ overview: { slowest } }: { readonly overview: Overview }) => (
  <section aria-labelledby="slowest" className="card min-w-0">
    <h2 id="slowest" className="px-4 py-3 text-lg font-bold">
      Slowest answers
    </h2>
    {slowest.length === 0 ? (
      <Empty title="Nobody had to wait.">No review of this time has been answered.</Empty>
    ) : (
      <ol aria-labelledby="slowest" className="divide-y divide-line">
        {slowest.map(({ id, resource, principal, verdict, askedAt, settledAt }) => (
          <li key={id}>
            <Link to="/reviews/$id" params={{ id }} className="row">
              <span className="flex flex-wrap items-center gap-x-2">
                <span className="font-semibold break-words">{principal}</span>
                <span className="text-muted">on {resource}</span>
                <span className="ml-auto">waited {waited(askedAt, settledAt)}</span>
              </span>
              <span className="mt-1 block text-sm text-muted">
                {verdict} at <Time at={settledAt} />
              </span>
            </Link>
          </li>
        ))}
      </ol>
    )}
  </section>
);

/** "45 seconds", or as clocks show it. */
function waited(from: string, to: string): string {
  const milliseconds = Date.parse(to) - Date.parse(from);
  if (milliseconds < 60_000) return counted(Math.round(milliseconds / 1000), "second");
  return timeLeft(milliseconds) ?? "";
}
