import { infiniteQueryOptions, queryOptions, useMutation } from "@tanstack/react-query";
import { type Answer, call, Failure } from "./api.ts";
import { queryClient } from "./queries.ts";
import type { Schema } from "./schema.ts";

export type Policy = Answer<"policy">;

/** Null: none has been applied yet. */
export const policyQuery = queryOptions({
  queryKey: ["policy"],
  queryFn: async ({ signal }): Promise<Policy | null> => {
    try {
      return await call("policy", { signal });
    } catch (error) {
      if (error instanceof Failure && error.code === "unknown") return null;
      throw error;
    }
  },
});

export const versionsQuery = infiniteQueryOptions({
  queryKey: ["policy-versions"],
  queryFn: ({ pageParam, signal }) =>
    call("policyVersions", { query: { limit: 20, after: pageParam }, signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ next }) => next ?? undefined,
});

/** A version never changes. */
export const versionQuery = (version: string) =>
  queryOptions({
    queryKey: ["policy-version", version],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => call("policyAt", { id: version, signal }),
  });

export const schemaQuery = queryOptions({
  queryKey: ["policy-schema"],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async ({ signal }): Promise<Schema> => call("policySchema", { signal }),
});

export const checkQuery = (source: string) =>
  queryOptions({
    queryKey: ["policy-check", source],
    queryFn: ({ signal }) => call("check", { json: { source }, signal }),
  });

export type Draft = {
  readonly text: string;
  /** What it was made from: null before the first policy. */
  readonly follows: Pick<Policy, "version" | "etag"> | null;
};

/** Typed and not applied: kept while she looks at other pages, and gone when she signs out. */
const typed = { staleTime: Number.POSITIVE_INFINITY, gcTime: Number.POSITIVE_INFINITY };

export const draftQuery = queryOptions({
  ...typed,
  queryKey: ["draft"],
  queryFn: (): Draft | null => null,
});

export const setDraft = (draft: Draft | null): void => {
  queryClient.setQueryData(draftQuery.queryKey, draft);
};

/** Cases are kept as the draft is; their place is a file beside the policy's own. */
export const casesQuery = queryOptions({
  ...typed,
  queryKey: ["cases"],
  queryFn: (): string => "",
});

/** A version of the policy in place of the one that `follows` names: else it is refused. */
export const useApply = () =>
  useMutation({
    mutationFn: (yaml: { readonly text: string; readonly follows: string | null }) =>
      call("apply", { yaml }),
    onSuccess: ({ version, author, appliedAt, etag }, { text: source }) => {
      const inForce = { version, author, appliedAt, etag, source };
      queryClient.setQueryData(policyQuery.queryKey, inForce);
      if (queryClient.getQueryData(draftQuery.queryKey)?.text === source) setDraft(null);
    },
    // Refused: somebody else may have been faster, and that is then shown.
    onSettled: async () => {
      await queryClient.invalidateQueries({ queryKey: policyQuery.queryKey });
      void queryClient.invalidateQueries({ queryKey: versionsQuery.queryKey });
    },
  });

export const useTrial = () =>
  useMutation({
    mutationFn: (json: { readonly source: string; readonly cases: string }) =>
      call("test", { json }),
  });
