import type { ReviewView } from "../../core/api/review.ts";

/** A review, and whether who looks at it may answer it now. */
export type Review = ReviewView & { readonly mayVote?: boolean };

/** What waits, the most urgent first; then what is settled, the latest first. */
export const inOrder = (reviews: readonly Review[]): Review[] => [
  ...reviews.filter(isPending).toSorted((a, b) => a.expiresAt.localeCompare(b.expiresAt)),
  ...reviews
    .filter((review) => !isPending(review))
    .toSorted((a, b) => settledAt(b).localeCompare(settledAt(a))),
];

/** The list with these in the stead of what it knew of them. */
export function withReviews(list: readonly Review[], fresh: readonly Review[]): Review[] {
  const byId = new Map([...list, ...fresh].map((review) => [review.id, review]));
  return inOrder([...byId.values()]);
}

/** Behind which there may be older ones: what waits may be older than what is listed. */
export function oldestListed(reviews: readonly Review[]): string | undefined {
  const settled = reviews.filter((review) => !isPending(review));
  return (settled.length > 0 ? settled : reviews).map(({ id }) => id).toSorted()[0];
}

export const isPending = ({ state }: Pick<Review, "state">): boolean => state === "pending";

const settledAt = (review: Review): string => review.settledAt ?? review.askedAt;
