import { infiniteQueryOptions, queryOptions, useMutation } from "@tanstack/react-query";
import { call } from "./api.ts";
import { type AuditFilters, boundsOf, type Span } from "./filters.ts";
import { queryClient } from "./queries.ts";

/* What those ask who look after everything, and each person about her own sign-ins. */

export const overviewQuery = (span: Span) =>
  queryOptions({
    queryKey: ["overview", span],
    queryFn: ({ signal }) => call("overview", { query: boundsOf(span, new Date()), signal }),
  });

export const targetsQuery = queryOptions({
  queryKey: ["targets"],
  queryFn: ({ signal }) => call("targets", { signal }),
});

/** Dials the resource now. */
export const useCheck = (resource: string) =>
  useMutation({
    mutationFn: () => call("probe", { id: resource, json: {} }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: targetsQuery.queryKey }),
  });

/** The value goes out and is not kept: not by the page, not by its cache. */
export const usePutSecret = (name: string) =>
  useMutation({
    mutationFn: (value: string) => call("putSecret", { id: name, json: { value } }),
    gcTime: 0,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: targetsQuery.queryKey }),
  });

export const peopleQuery = (name: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ["people", name],
    queryFn: ({ pageParam, signal }) =>
      call("people", { query: { name, limit: 50, after: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });

export const personQuery = (id: string) =>
  queryOptions({
    queryKey: ["person", id],
    queryFn: ({ signal }) => call("person", { id, signal }),
  });

export const signInsQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["sign-ins", id],
    queryFn: ({ pageParam, signal }) =>
      call("signIns", { id, query: { limit: 20, after: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });

/** Of one's own, the one that asks too: then the next question leads to the sign-in page. */
export const useRevoke = (id: string) =>
  useMutation({
    mutationFn: (signIn: string) => call("revokeSignIn", { id, signIn, json: {} }),
    onSettled: () => {
      void queryClient.invalidateQueries({ queryKey: signInsQuery(id).queryKey });
      void queryClient.invalidateQueries({ queryKey: personQuery(id).queryKey });
    },
  });

export const auditQuery = (filters: AuditFilters) =>
  infiniteQueryOptions({
    queryKey: ["audit", filters],
    queryFn: ({ pageParam, signal }) =>
      call("audit", { query: { ...filters, limit: 50, after: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });
