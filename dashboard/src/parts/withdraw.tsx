import type { Review } from "../inbox.ts";
import { useSignedIn, useWithdraw } from "../queries.ts";
import { Trouble } from "./states.tsx";
import { useNow } from "./time.tsx";

/** Of a request for access: taken back while it waits, or the access ended while it lasts. */
export function Withdraw({ review }: { readonly review: Review }) {
  const { name, roles } = useSignedIn();
  const withdraw = useWithdraw(review.id);
  const { access, state, principal } = review;
  const now = useNow();
  const lasts = Date.parse(access?.endsAt ?? "") > now;
  const open = state === "pending" || (state === "approved" && lasts);
  const may = principal === name || roles.includes("reviewer") || roles.includes("admin");
  if (access === null || !open || !may) return null;
  return (
    <div className="grid gap-2">
      {withdraw.error !== null && <Trouble error={withdraw.error} />}
      <div>
        <button
          type="button"
          className="button button-danger"
          disabled={withdraw.isPending}
          onClick={() => withdraw.mutate()}
        >
          {state === "pending" ? "Withdraw this request" : "End this access now"}
        </button>
      </div>
    </div>
  );
}
