import {
  infiniteQueryOptions,
  MutationCache,
  QueryCache,
  QueryClient,
  queryOptions,
  useMutation,
  useQuery,
} from "@tanstack/react-query";
import { type Answer, call, Failure } from "./api.ts";
import { withReviews, type Review } from "./inbox.ts";
import { sessionsAsked, type SessionFilters } from "./session-filters.ts";

/** Whatever is answered "you are not signed in" leads to the sign-in page. */
function noteFailure(error: Error): void {
  const isSignedOut =
    error instanceof Failure &&
    (error.code === "unauthenticated" || error.code === "token_expired");
  if (isSignedOut) signedOut();
}

const triesMax = 3;

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noteFailure }),
  mutationCache: new MutationCache({ onError: noteFailure }),
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      retry: (failures, error) =>
        failures + 1 < triesMax && error instanceof Failure && error.code === "unreachable",
    },
  },
});

/** Null: nobody is signed in. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async ({ signal }): Promise<Answer<"me"> | null> => {
    try {
      return await call("me", { signal });
    } catch (error) {
      const code = error instanceof Failure ? error.code : null;
      if (code === "unauthenticated" || code === "token_expired") return null;
      throw error;
    }
  },
});

/** Leads to the sign-in page, and keeps nothing of what was seen. */
export function signedOut(): void {
  queryClient.setQueryData(meQuery.queryKey, null);
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== meQuery.queryKey[0] });
}

/** Who is signed in: for what the shell shows only then. */
export function useSignedIn(): Answer<"me"> {
  const { data } = useQuery(meQuery);
  if (data === null || data === undefined) throw new Error("Nobody is signed in.");
  return data;
}

/** The inbox holds these, and all that wait. */
export const recentMax = 50;

export const reviewsQuery = queryOptions({
  queryKey: ["reviews"],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async ({ signal }): Promise<Review[]> => {
    const [recent, pending] = await Promise.all([
      call("reviews", { query: { limit: recentMax }, signal }),
      call("reviews", { query: { state: "pending", limit: 200 }, signal }),
    ]);
    return withReviews(recent.items, pending.items);
  },
});

/** Those before that one, a page at a time. */
export const olderReviewsQuery = (before: string) =>
  infiniteQueryOptions({
    queryKey: ["older-reviews", before],
    queryFn: ({ pageParam, signal }) =>
      call("reviews", { query: { limit: recentMax, after: pageParam }, signal }),
    initialPageParam: before,
    getNextPageParam: ({ next }) => next ?? undefined,
  });

export const reviewQuery = (id: string) =>
  queryOptions({
    queryKey: ["review", id],
    queryFn: ({ signal }): Promise<Review> => call("review", { id, signal }),
    initialData: () => queryClient.getQueryData(reviewsQuery.queryKey)?.find((r) => r.id === id),
    initialDataUpdatedAt: () => queryClient.getQueryState(reviewsQuery.queryKey)?.dataUpdatedAt,
  });

/** Puts what is newer into every place that shows it. */
export function learnReview(review: Review): void {
  queryClient.setQueryData(reviewQuery(review.id).queryKey, review);
  queryClient.setQueryData(reviewsQuery.queryKey, (list) => list && withReviews(list, [review]));
  // An answer under way may be older than this, and would be laid over it.
  if (queryClient.isFetching({ queryKey: reviewsQuery.queryKey }) > 0) {
    void queryClient.invalidateQueries({ queryKey: reviewsQuery.queryKey });
  }
}

export type Ballot = { readonly verdict: "approve" | "reject"; readonly comment: string };

export const useVote = (id: string) =>
  useMutation({
    mutationFn: ({ verdict, comment }: Ballot): Promise<Review> =>
      call(verdict, { id, json: comment.trim() === "" ? {} : { comment } }),
    onSuccess: learnReview,
    // Somebody was faster, or something else is not as it was shown.
    onError: () => queryClient.invalidateQueries({ queryKey: reviewQuery(id).queryKey }),
  });

export type AccessWanted = {
  readonly grant: string;
  readonly hours: number;
  readonly reason?: string;
  readonly ticket?: string;
};

/** Asks for access to that resource. */
export const useRequest = (resource: string) =>
  useMutation({
    mutationFn: (json: AccessWanted) => call("request", { id: resource, json }),
    onSuccess: learnReview,
  });

export const useWithdraw = (id: string) =>
  useMutation({
    mutationFn: () => call("withdraw", { id, json: {} }),
    onSuccess: learnReview,
    onSettled: () => queryClient.invalidateQueries({ queryKey: resourcesQuery.queryKey }),
  });

/** To ask again means every page that is shown: whoever has read far asks herself. */
const isShort = ({ state }: { readonly state: { readonly data?: unknown } }): boolean =>
  ((state.data as { readonly pages: readonly unknown[] } | undefined)?.pages.length ?? 0) < 2;

export function sessionsQuery(filters: SessionFilters) {
  const query = sessionsAsked(filters, new Date());
  return infiniteQueryOptions({
    queryKey: ["sessions", query],
    queryFn: ({ pageParam, signal }) =>
      call("sessions", { query: { ...query, limit: 50, after: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    refetchOnMount: isShort,
    refetchOnWindowFocus: isShort,
    refetchOnReconnect: isShort,
  });
}

export const sessionQuery = (id: string) =>
  queryOptions({
    queryKey: ["session", id],
    queryFn: ({ signal }) => call("session", { id, signal }),
  });

/** One page of a recording, kept by nobody. `watch`: an open one, whose row stands for this. */
export const recordsAt = (id: string, from: number, watch?: string) =>
  queryClient.fetchQuery({
    queryKey: ["records", id, from, watch],
    queryFn: ({ signal }) => call("records", { id, query: { from, limit: 1_000, watch }, signal }),
    staleTime: 0,
    gcTime: 0,
  });

export const useKill = (id: string) =>
  useMutation({
    mutationFn: (reason: string) => call("kill", { id, json: reason === "" ? {} : { reason } }),
    onSuccess: (session) => {
      queryClient.setQueryData(sessionQuery(id).queryKey, session);
      queryClient.removeQueries({ queryKey: ["sessions"] });
    },
  });

export const resourcesQuery = queryOptions({
  queryKey: ["resources"],
  queryFn: ({ signal }) => call("resources", { signal }),
});
