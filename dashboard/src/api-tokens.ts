import { infiniteQueryOptions, useMutation } from "@tanstack/react-query";
import type { Scope } from "../../core/api/scope.ts";
import { type Answer, call } from "./api.ts";
import { queryClient } from "./queries.ts";

export type ApiToken = Answer<"tokens">["items"][number];

export const tokensQuery = infiniteQueryOptions({
  queryKey: ["tokens"],
  queryFn: ({ pageParam, signal }) =>
    call("tokens", { query: { limit: 50, after: pageParam }, signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ next }) => next ?? undefined,
});

export type TokenWanted = {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly days: number;
};

const relist = () => queryClient.invalidateQueries({ queryKey: tokensQuery.queryKey });

export const useMakeToken = () =>
  useMutation({
    mutationFn: (json: TokenWanted) => call("makeToken", { json }),
    // The secret is on the page for as long as it is looked at, and nowhere else.
    gcTime: 0,
    onSuccess: relist,
  });

export const useRevokeToken = (id: string) =>
  useMutation({ mutationFn: () => call("revokeToken", { id, json: {} }), onSettled: relist });

/** Whether it is over, and why. */
export function whyOver({ revokedAt, expiresAt }: ApiToken, now: number): string | null {
  if (revokedAt !== null) return "revoked";
  return Date.parse(expiresAt) <= now ? "expired" : null;
}
