import { useQuery } from "@tanstack/react-query";
import { DryRun } from "../parts/dry-run.tsx";
import { PolicyCases } from "../parts/policy-cases.tsx";
import { PolicyEdit } from "../parts/policy-edit.tsx";
import { PolicyVersions } from "../parts/policy-versions.tsx";
import { Empty, Loading, Trouble } from "../parts/states.tsx";
import { Time } from "../parts/time.tsx";
import { draftQuery, type Policy, policyQuery } from "../policy-queries.ts";
import { useSignedIn } from "../queries.ts";

/** Admins edit, and see what an edit would do; auditors read. */
export function PolicyPage() {
  const { data: policy, error, refetch } = useQuery(policyQuery);
  const isAdmin = useSignedIn().roles.includes("admin");
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <div className="flex flex-wrap items-baseline gap-x-3">
        <h1 className="text-xl font-bold">Policy</h1>
        {policy && (
          <p className="text-sm text-muted">
            in force since <Time at={policy.appliedAt} />, by {policy.author}
          </p>
        )}
      </div>
      {policy === undefined && error === null && <Loading />}
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      {policy === null && !isAdmin && <Empty title="No policy has been applied yet." />}
      {policy !== undefined && (policy !== null || isAdmin) && (
        <PolicyEdit policy={policy} isAdmin={isAdmin} />
      )}
      {policy && isAdmin && <Trials policy={policy} />}
      {policy && <PolicyVersions inForce={policy.version} />}
    </div>
  );
}

/** Of the text that stands in the editor. */
function Trials({ policy }: { readonly policy: Policy }) {
  const draft = useQuery(draftQuery).data ?? null;
  const source = draft?.text ?? policy.source;
  return (
    <>
      <DryRun source={source} />
      <PolicyCases source={source} />
    </>
  );
}
