import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { type Answer, Failure } from "../api.ts";
import { personQuery } from "../oversight.ts";
import { Chips } from "../parts/chips.tsx";
import { Facts } from "../parts/facts.tsx";
import { SignIns } from "../parts/sign-ins.tsx";
import { Visible } from "../parts/statement.tsx";
import { Empty, Loading, Trouble } from "../parts/states.tsx";
import { Time } from "../parts/time.tsx";
import { useSignedIn } from "../queries.ts";
import { listed } from "../words.ts";
import { Guardrail, maskInWords } from "./resources.tsx";

type Person = Answer<"person">;
type Standing = Person["standings"][number];

/** "What can Ada do?", by the policy in force and the groups that were read last. */
export function PersonPage() {
  const { id } = useParams({ from: "/people/$id" });
  const { data: person, error, refetch } = useQuery(personQuery(id));
  const isAdmin = useSignedIn().roles.includes("admin");
  return (
    <div className="grid gap-4">
      <Link to="/people" className="link justify-self-start">
        Everybody
      </Link>
      {person === undefined && <h1 className="text-xl font-bold">Person</h1>}
      {person === undefined && error === null && <Loading />}
      {error !== null && <Missing error={error} retry={() => void refetch()} />}
      {person !== undefined && (
        <>
          <About person={person} />
          <Access person={person} />
          <SignIns id={person.id} mayRevoke={isAdmin} />
        </>
      )}
    </div>
  );
}

function Missing({ error, retry }: { readonly error: Error; readonly retry: () => void }) {
  if (!(error instanceof Failure) || error.code !== "unknown") {
    return <Trouble error={error} retry={retry} />;
  }
  return <Empty title="Nobody with this id has signed in." />;
}

const About = ({ person }: { readonly person: Person }) => (
  <section aria-labelledby="title" className="card grid gap-3 p-4">
    <div className="flex flex-wrap items-center gap-2">
      <h1 id="title" className="text-xl font-bold break-words">
        <Visible text={person.name} />
      </h1>
      <Chips words={person.roles} look="chip-accent" />
    </div>
    <Facts
      of={{
        Id: (
          <code>
            <Visible text={person.id} />
          </code>
        ),
        Kind: person.kind,
        Groups: (
          <>
            {person.groups.length === 0 ? "none" : <Visible text={listed(person.groups)} />}, read
            at <Time at={person.groupsReadAt} />
          </>
        ),
        Roles:
          person.why.length === 0
            ? "none"
            : listed(person.why.map(({ role, groups }) => `${role} by ${listed(groups)}`)),
        "First seen": <Time at={person.firstSeenAt} />,
        "Live sessions": (
          <Link
            to="/sessions"
            search={{ principal: person.id, state: "live" }}
            className="link"
            aria-label={`Live sessions: ${person.live}`}
          >
            {person.live}
          </Link>
        ),
        "What was done": (
          <Link to="/audit" search={{ actor: person.id }} className="link">
            In the audit trail
          </Link>
        ),
      }}
    />
  </section>
);

const STATES: Readonly<Record<Standing["state"], readonly [words: string, look: string]>> = {
  open: ["may open", "chip-good"],
  request: ["may ask", "chip-warn"],
  closed: ["closed", ""],
};

const Access = ({ person: { name, standings } }: { readonly person: Person }) => (
  <section aria-labelledby="access" className="grid gap-3">
    <h2 id="access" className="text-lg font-bold">
      What <Visible text={name} /> can do
    </h2>
    {standings.length === 0 && <Empty title="The policy names no resource." />}
    <ul aria-labelledby="access" className="grid items-start gap-4 lg:grid-cols-2">
      {standings.map((standing) => (
        <li key={standing.resource} className="min-w-0">
          <StandingCard standing={standing} />
        </li>
      ))}
    </ul>
  </section>
);

function StandingCard({ standing }: { readonly standing: Standing }) {
  const { resource, state, access, why, endsAt, given, masking, guardrails } = standing;
  const [words, look] = STATES[state];
  return (
    <article aria-label={resource} className="card grid gap-3 p-4">
      <div className="flex flex-wrap items-center gap-2">
        <h3 className="font-semibold break-words">{resource}</h3>
        <span className={`chip ${look}`}>{words}</span>
        {state !== "closed" && <Chips words={access} look="chip-accent" />}
      </div>
      <p className="break-words">
        <Visible text={why} />
      </p>
      {state === "open" && endsAt !== null && (
        <p className="text-sm text-muted">
          A session opened now ends by <Time at={endsAt} />.
        </p>
      )}
      {given.map(({ grant, endsAt: until }) => (
        <p key={grant} className="notice notice-warn">
          {grant} is given just in time, until <Time at={until} />.
        </p>
      ))}
      {state !== "closed" && (
        <>
          <Masks masking={masking} />
          <Guards guardrails={guardrails} />
        </>
      )}
    </article>
  );
}

type ListProps = { readonly title: string; readonly none: string; readonly items: ReactNode[] };

const List = ({ title, none, items }: ListProps) => (
  <div className="grid gap-1 text-sm">
    <h4 className="font-semibold">{title}</h4>
    {items.length === 0 ? <p className="text-muted">{none}</p> : <ul>{items}</ul>}
  </div>
);

const Masks = ({ masking }: Pick<Standing, "masking">) => (
  <List
    title="Masked"
    none="nothing"
    items={masking.map((rule) => (
      <li key={rule.id} className="break-words">
        <span className={rule.applies ? "" : "text-muted"}>
          {rule.id}: {maskInWords(rule)}
        </span>{" "}
        {!rule.applies && <span className="chip chip-warn">sees the values</span>}
      </li>
    ))}
  />
);

const Guards = ({ guardrails }: Pick<Standing, "guardrails">) => (
  <List
    title="Guarded"
    none="by nothing"
    items={guardrails.map((rule) => (
      <li key={rule.id} className="break-words">
        {rule.id}: <Guardrail rule={rule} />
      </li>
    ))}
  />
);
