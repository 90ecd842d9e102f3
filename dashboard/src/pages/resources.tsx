import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Answer } from "../api.ts";
import { targetsQuery, useCheck } from "../oversight.ts";
import { Chips } from "../parts/chips.tsx";
import { Facts } from "../parts/facts.tsx";
import { SetSecret } from "../parts/set-secret.tsx";
import { Visible } from "../parts/statement.tsx";
import { Empty, Loading, Trouble } from "../parts/states.tsx";
import { Time } from "../parts/time.tsx";
import { useSignedIn } from "../queries.ts";
import { counted, listed } from "../words.ts";

type Target = Answer<"targets">["items"][number];
type Of = { readonly target: Target };

/** How each resource does, and which rules speak of it. What one may open is another page. */
export function ResourcesPage() {
  const { data, error, refetch } = useQuery(targetsQuery);
  return (
    <div className="grid gap-4">
      <h1 className="text-xl font-bold">Resources</h1>
      {data === undefined && error === null && <Loading />}
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      {data?.items.length === 0 && (
        <Empty title="The policy names no resource.">
          Add one to it, and put it in force with <code className="font-mono">sluice apply</code>.
        </Empty>
      )}
      <ul aria-label="Resources" className="grid items-start gap-4 lg:grid-cols-2">
        {data?.items.map((target) => (
          <li key={target.id} className="min-w-0">
            <TargetCard target={target} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function TargetCard({ target }: Of) {
  const { name, type, live, labels, health } = target;
  const isAdmin = useSignedIn().roles.includes("admin");
  const tags = Object.entries(labels).map(([key, value]) => `${key}: ${value}`);
  return (
    <article aria-label={name} className="card grid gap-3 p-4">
      <div className="flex flex-wrap items-center gap-2">
        <h2 className="text-lg font-semibold break-words">{name}</h2>
        <HealthChip health={health} />
        <span className="text-sm text-muted">{type}</span>
      </div>
      {tags.length > 0 && <Chips words={tags} />}
      <Facts
        of={{
          ...healthFacts(target),
          "Live sessions": (
            <Link to="/sessions" search={{ resource: name, state: "live" }} className="link">
              {live}
            </Link>
          ),
          ...placeFacts(target),
          Credential: <Credential target={target} />,
        }}
      />
      {isAdmin && (
        <div className="flex flex-wrap items-start gap-2">
          <CheckNow name={name} type={type} />
          {target.secrets.map(
            (secret) =>
              secret.in === "secret" && <SetSecret key={secret.name} name={secret.name} />,
          )}
        </div>
      )}
      <Rules target={target} />
    </article>
  );
}

/** What came last counts. */
function HealthChip({ health }: Pick<Target, "health">) {
  const { reachedAt = null, failedAt = null } = health ?? {};
  if (reachedAt === null && failedAt === null) return <span className="chip">never dialled</span>;
  return (reachedAt ?? "") >= (failedAt ?? "") ? (
    <span className="chip chip-good">reached</span>
  ) : (
    <span className="chip chip-danger">not reached</span>
  );
}

function healthFacts({ health, type }: Target): Record<string, ReactNode> {
  if (health === null) return {};
  const { reachedAt, dialMs, loginMs, failedAt, failure } = health;
  return {
    "Last reached": reachedAt !== null && (
      <>
        <Time at={reachedAt} />, in {dialMs} ms
        {type === "postgres" && ` and ${loginMs} ms for the login`}
      </>
    ),
    "Last failure": failedAt !== null && (
      <>
        <Time at={failedAt} />: <Visible text={failure ?? ""} />
      </>
    ),
  };
}

function placeFacts({ url, host, port, database, user, network, tls }: Target) {
  if (url !== null) return { Address: url, Way: network };
  return {
    Address: `${host}, port ${port}`,
    Database: `${database}, as ${user}`,
    Way: `${network}, TLS ${tls}`,
  };
}

function Credential({ target: { secrets } }: Of) {
  if (secrets.length === 0) return "none";
  return secrets.map((secret) => <Secret key={secret.name} secret={secret} />);
}

function Secret({ secret }: { readonly secret: Target["secrets"][number] }) {
  if (secret.in === "environment") return `in the deployment's own secret ${secret.name}`;
  if (secret.stored === null) return `the secret ${secret.name}, which nobody has set`;
  return (
    <>
      the secret {secret.name}, set by {secret.stored.author} at{" "}
      <Time at={secret.stored.updatedAt} />
    </>
  );
}

function CheckNow({ name, type }: Pick<Target, "name" | "type">) {
  const check = useCheck(name);
  return (
    <div className="grid gap-2">
      <button
        type="button"
        className="button"
        disabled={check.isPending}
        onClick={() => check.mutate()}
      >
        {check.isPending ? "Checking" : "Check now"}
      </button>
      <p role="status" className="text-sm empty:hidden">
        {check.data && checkedInWords(check.data, type)}
      </p>
      {check.error !== null && <Trouble error={check.error} />}
    </div>
  );
}

function checkedInWords(
  { reached, dialMs, loginMs, why }: Answer<"probe">,
  type: Target["type"],
): string {
  if (!reached) return `Not reached: ${why ?? "no reason is known"}`;
  if (type === "http") return `Reached: it answered after ${dialMs} ms.`;
  return `Reached in ${dialMs} ms, logged in after ${loginMs} ms more.`;
}

const Rules = ({ target: { grants, guardrails, masking } }: Of) => (
  <details>
    <summary className="cursor-pointer">
      {counted(grants.length, "grant")}, {counted(guardrails.length, "guardrail")},{" "}
      {counted(masking.length, "masking rule")}
    </summary>
    <Facts
      of={Object.fromEntries([
        ...grants.map((rule) => [`Grant ${rule.id}`, grantInWords(rule)]),
        ...guardrails.map((rule) => [`Guardrail ${rule.id}`, <Guardrail key="" rule={rule} />]),
        ...masking.map((rule) => [`Mask ${rule.id}`, maskInWords(rule)]),
      ])}
    />
  </details>
);

const grantInWords = ({ groups, access, hours, reviewers }: Target["grants"][number]): string =>
  [
    `${listed(groups)}: ${listed(access)}`,
    hours === null ? "" : `for ${counted(hours, "hour")}`,
    reviewers === null ? "" : `when ${listed(reviewers)} approve`,
  ]
    .filter((words) => words !== "")
    .join(", ");

export const Guardrail = ({ rule }: { readonly rule: Target["guardrails"][number] }) => (
  <>
    {rule.verdict}s {rule.when === null ? "everything" : <code>{rule.when}</code>}
    {rule.groups !== null && ` of ${listed(rule.groups)}`}
    {rule.except.length > 0 && `, except of ${listed(rule.except)}`}
  </>
);

export const maskInWords = (rule: Target["masking"][number]): string =>
  [
    listed([
      ...rule.columns,
      ...rule.fields.map((name) => `the field ${name}`),
      ...rule.finds.map((name) => `whatever looks like ${name}`),
    ]),
    rule.technique,
    rule.except.length === 0 ? "" : `not for ${listed(rule.except)}`,
  ]
    .filter((words) => words !== "")
    .join("; ");
