import type { Review } from "../inbox.ts";
import { Visible } from "./statement.tsx";
import { Time } from "./time.tsx";

const VERDICTS = { approve: "approved", reject: "rejected" } as const;

/** Who answered a review, how, and what was said beside it. */
export const VoteItems = ({ votes }: Pick<Review, "votes">) =>
  votes.map(({ by, verdict, comment, at }) => (
    <li key={by} className="min-w-0 wrap-anywhere">
      <span className="font-semibold">{by}</span> {VERDICTS[verdict]} at <Time at={at} />
      {comment !== null && (
        <>
          : <Visible text={comment} />
        </>
      )}
    </li>
  ));
