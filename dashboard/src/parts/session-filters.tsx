import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, type InputHTMLAttributes, type ReactNode, useState } from "react";
import { resourcesQuery, useSignedIn } from "../queries.ts";
import {
  filtersInWords,
  filtersOf,
  type SessionFilters,
  VERDICTS,
  WHENS,
} from "../session-filters.ts";
import { oneLine } from "../visible.ts";

type FiltersProps = { readonly filters: SessionFilters };

/** A form, not a page that jumps: it asks when it is sent. */
export function Filters({ filters }: FiltersProps) {
  const navigate = useNavigate();
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = Object.fromEntries(new FormData(event.currentTarget));
    void navigate({ to: "/sessions", search: filtersOf(form) });
  };
  return (
    <form role="search" aria-label="Sessions" className="grid gap-2 text-sm" onSubmit={send}>
      <div className="grid grid-cols-2 items-end gap-2 sm:grid-cols-[minmax(0,2fr)_1fr_1fr_auto]">
        <div className="col-span-2 sm:col-span-1">
          <Text name="text" label="With the words" type="search" filters={filters} />
        </div>
        <Choice name="state" label="State" all="All" of={STATES} chosen={filters.state} />
        <When filters={filters} />
        <button type="submit" className="button col-span-2 sm:col-span-1">
          Filter
        </button>
      </div>
      <More filters={filters} />
    </form>
  );
}

const STATES = { live: "Live", ended: "Ended" };
const FURTHER = ["principal", "resource", "verdict", "rule", "object"] as const;

/** Open from the start where one of them is set. */
function More({ filters }: FiltersProps) {
  const { roles } = useSignedIn();
  const seesAll = roles.includes("auditor") || roles.includes("admin");
  const resources = useQuery(resourcesQuery).data?.items ?? [];
  return (
    <details open={FURTHER.some((name) => filters[name] !== undefined)}>
      <summary className="link inline-block cursor-pointer py-2">More filters</summary>
      <div className="grid grid-cols-2 items-end gap-2 lg:grid-cols-5">
        {seesAll && <Text name="principal" label="Who" filters={filters} />}
        <Text name="resource" label="Resource" list="resources" filters={filters} />
        <Choice
          name="verdict"
          label="What happened"
          all="Anything"
          of={VERDICTS}
          chosen={filters.verdict}
        />
        <Text name="rule" label="Rule" filters={filters} />
        <Text name="object" label="Table or path" filters={filters} />
      </div>
      <datalist id="resources">
        {resources.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </datalist>
    </details>
  );
}

function When({ filters }: FiltersProps) {
  const [when, setWhen] = useState<string>(filters.when ?? "");
  return (
    <>
      <Choice
        name="when"
        label="Opened"
        all="At any time"
        of={WHENS}
        chosen={when}
        choose={setWhen}
      />
      {when === "range" && (
        <div className="col-span-2 grid grid-cols-2 gap-2 sm:order-last sm:col-span-4">
          <Text name="since" label="From, that day included" type="date" filters={filters} />
          <Text name="until" label="To, that day included" type="date" filters={filters} />
        </div>
      )}
    </>
  );
}

type TextProps = FiltersProps &
  Pick<InputHTMLAttributes<HTMLInputElement>, "type" | "list"> & {
    readonly name: keyof SessionFilters;
    readonly label: string;
  };

const Text = ({ name, label, filters, ...more }: TextProps) => (
  <Labelled label={label}>
    <input
      {...more}
      name={name}
      className="field"
      maxLength={200}
      autoComplete="off"
      spellCheck={false}
      defaultValue={filters[name] ?? ""}
    />
  </Labelled>
);

type ChoiceProps = {
  readonly name: keyof SessionFilters;
  readonly label: string;
  /** What it says where nothing is chosen. */
  readonly all: string;
  readonly of: Readonly<Record<string, string>>;
  readonly chosen: string | undefined;
  readonly choose?: (value: string) => void;
};

const Choice = ({ name, label, all, of, chosen = "", choose }: ChoiceProps) => (
  <Labelled label={label}>
    <select
      name={name}
      className="field"
      defaultValue={chosen}
      onChange={({ target }) => choose?.(target.value)}
    >
      <option value="">{all}</option>
      {Object.entries(of).map(([value, words]) => (
        <option key={value} value={value}>
          {words}
        </option>
      ))}
    </select>
  </Labelled>
);

const Labelled = ({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ReactNode;
}) => (
  <label className="grid gap-1">
    {label}
    {children}
  </label>
);

/** What is being looked for; each can be taken away. */
export function Chosen({ filters }: FiltersProps) {
  const chosen = filtersInWords(filters);
  if (chosen.length === 0) return null;
  return (
    <ul aria-label="Filters" className="flex flex-wrap gap-2 text-sm">
      {chosen.map(({ words, without }) => (
        <li key={words} className="min-w-0">
          <Link
            to="/sessions"
            search={without}
            activeOptions={{ exact: true }}
            className="button min-h-0 max-w-full py-1"
            aria-label={`${oneLine(words)}: take this filter away`}
          >
            <span className="truncate">{oneLine(words)}</span>
            <span aria-hidden="true">×</span>
          </Link>
        </li>
      ))}
      {chosen.length > 1 && (
        <li>
          <Link to="/sessions" activeOptions={{ exact: true }} className="button min-h-0 py-1">
            Clear all
          </Link>
        </li>
      )}
    </ul>
  );
}
