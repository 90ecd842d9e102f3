import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useRef, useState } from "react";
import type { Answer } from "../api.ts";
import { Facts } from "../parts/facts.tsx";
import { Applied } from "../parts/policy-apply.tsx";
import { Changes, YamlEditor } from "../parts/policy-lazy.tsx";
import { Loading, Trouble } from "../parts/states.tsx";
import { Time } from "../parts/time.tsx";
import { type Policy, policyQuery, useApply, versionQuery } from "../policy-queries.ts";
import { useSignedIn } from "../queries.ts";

type Version = Answer<"policyAt">;

export function PolicyVersionPage() {
  const { version: id } = useParams({ from: "/policy/versions/$version" });
  const { data: version, error, refetch } = useQuery(versionQuery(id));
  const { data: inForce } = useQuery(policyQuery);
  const isAdmin = useSignedIn().roles.includes("admin");
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <Link to="/policy" className="link justify-self-start">
        The policy in force
      </Link>
      <h1 className="text-xl font-bold">A version of the policy</h1>
      {version === undefined && error === null && <Loading />}
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      {version !== undefined && inForce && (
        <>
          <section aria-label="About it" className="card grid gap-3 p-4">
            <Facts
              of={{
                Id: <code className="break-all">{version.version}</code>,
                Applied: <Time at={version.appliedAt} />,
                By: version.author,
                "In force": version.version === inForce.version && "now",
              }}
            />
            {isAdmin && <RollBack version={version} inForce={inForce} />}
          </section>
          <Text version={version} inForce={inForce} />
        </>
      )}
    </div>
  );
}

const WAYS = {
  previous: "Changes to the one before it",
  inForce: "Changes from it to the one in force",
  text: "Its text",
} as const;
type Way = keyof typeof WAYS;

type TextProps = { readonly version: Version; readonly inForce: Policy };

function Text({ version, inForce }: TextProps) {
  const ways = (Object.keys(WAYS) as Way[]).filter(
    (way) =>
      way === "text" ||
      (way === "previous" ? version.previous !== null : version.version !== inForce.version),
  );
  const [way, setWay] = useState<Way>(ways[0] ?? "text");
  return (
    <section aria-label="Text" className="card grid grid-cols-[minmax(0,1fr)] gap-3 p-4">
      <label className="grid max-w-md gap-1">
        Show
        <select
          className="field"
          value={way}
          onChange={({ target }) => setWay(target.value as Way)}
        >
          {ways.map((each) => (
            <option key={each} value={each}>
              {WAYS[each]}
            </option>
          ))}
        </select>
      </label>
      {way === "text" && (
        <YamlEditor value={version.source} label="Its text" height="max-h-[70dvh]" readOnly />
      )}
      {way === "inForce" && (
        <Changes
          before={version.source}
          after={inForce.source}
          label={WAYS.inForce}
          height="max-h-[70dvh]"
        />
      )}
      {way === "previous" && version.previous !== null && (
        <SincePrevious version={version} previous={version.previous} />
      )}
    </section>
  );
}

type SinceProps = { readonly version: Version; readonly previous: string };

function SincePrevious({ version, previous }: SinceProps) {
  const { data, error, refetch } = useQuery(versionQuery(previous));
  if (error !== null) return <Trouble error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Loading />;
  return (
    <Changes
      before={data.source}
      after={version.source}
      label={WAYS.previous}
      height="max-h-[70dvh]"
    />
  );
}

/** The old text becomes a new version: nothing is taken out of the list. */
function RollBack({ version, inForce }: TextProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const apply = useApply();
  const close = () => dialog.current?.close();
  if (version.source === inForce.source) {
    return apply.data === undefined ? null : <Applied applied={apply.data} />;
  }
  return (
    <div>
      <button
        type="button"
        className="button button-danger"
        onClick={() => dialog.current?.showModal()}
      >
        Roll back to it…
      </button>
      <dialog ref={dialog} aria-labelledby="roll-back" className="card w-full max-w-md p-4">
        <div className="grid gap-3">
          <h2 id="roll-back" className="text-lg font-bold">
            Roll back to this version?
          </h2>
          <p>
            Its text is applied as a new version in place of what {inForce.author} applied (
            <Time at={inForce.appliedAt} />
            ). It holds at once, in sessions that are open as well.
          </p>
          {apply.error !== null && <Trouble error={apply.error} />}
          <div className="flex flex-wrap gap-2">
            <button
              type="button"
              className="button button-danger"
              disabled={apply.isPending}
              onClick={() =>
                apply.mutate({ text: version.source, follows: inForce.etag }, { onSuccess: close })
              }
            >
              Roll back
            </button>
            <button type="button" className="button" onClick={close}>
              Back
            </button>
          </div>
        </div>
      </dialog>
    </div>
  );
}
