import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { type Answer, renew } from "./api.ts";
import type { Review } from "./inbox.ts";
import { kept } from "./kept.ts";
import { type LiveState, openLine } from "./live.ts";
import { learnReview, meQuery, queryClient, reviewsQuery, signedOut } from "./queries.ts";
import { asker } from "./words.ts";

type ReviewMessage = { readonly on: "hello" } | { readonly on: "review"; readonly review: Review };

export const line = kept<LiveState>(["connecting", "live", "lost"]);

/** One line to the review desk for as long as somebody is signed in. */
export function useLive(): void {
  const navigate = useNavigate();
  useEffect(() => {
    const open = (id: string) => void navigate({ to: "/reviews/$id", params: { id } });
    return openLine<ReviewMessage>(() => "/api/reviews/live", {
      message(message) {
        if (message.on === "hello") return freshen();
        notify(message.review, open);
        learnReview(message.review);
      },
      state: line.set,
      beforeRetry: meAgain,
    });
  }, [navigate]);
}

/** Asks who is signed in, and by that renews a sign-in that has run out. */
export const meAgain = () => queryClient.fetchQuery({ ...meQuery, staleTime: 0 });

/** The list, and whichever review is open. */
function freshen(): void {
  void queryClient.invalidateQueries({ queryKey: reviewsQuery.queryKey });
  void queryClient.invalidateQueries({ queryKey: ["review"] });
}

/** Whoever looks at the page needs none; a screen that others see says who and where, no more. */
function notify(review: Review, open: (id: string) => void): void {
  const known = queryClient.getQueryData(reviewsQuery.queryKey)?.some((r) => r.id === review.id);
  if (known === true || review.state !== "pending" || !review.mayVote) return;
  if (!document.hidden || !("Notification" in window)) return;
  if (Notification.permission !== "granted") return;
  const notification = new Notification(`${asker(review)} waits on ${review.resource}`, {
    body: "Open the review to see what it is.",
    tag: review.id,
  });
  notification.addEventListener("click", () => {
    window.focus();
    open(review.id);
  });
}

const renewBeforeMs = 60_000;

/** Renews the sign-in a minute before its end; each end is met once. */
export function useRenewal({ expiresAt }: Answer<"me">): void {
  useEffect(() => {
    const wait = Math.max(0, Date.parse(expiresAt) - Date.now() - renewBeforeMs);
    const timer = setTimeout(() => void renewNow(), wait);
    return () => clearTimeout(timer);
  }, [expiresAt]);
}

async function renewNow(): Promise<void> {
  // Where it fails, the next call that is refused tries again.
  const renewed = await renew().catch(() => true);
  if (!renewed) signedOut();
  else await queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
}
