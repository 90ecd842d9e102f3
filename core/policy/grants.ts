import { ACCESS, type Access } from "../command.ts";
import type { UnixMs } from "../decision.ts";
import type { Granted, Principal, Resource } from "../session.ts";
import type { Document, GrantRule } from "./schema.ts";

/** What lets one principal open one resource now. */
export type Grant = {
  /** The first of `grants`. */
  readonly id: string;
  readonly grants: readonly string[];
  readonly access: readonly Access[];
  readonly endsAt: UnixMs | null;
};

type Who = Pick<Principal, "groups">;
type What = Pick<Resource, "name" | "labels">;

export const sharesGroup = (a: readonly string[], b: readonly string[]): boolean =>
  a.some((group) => b.includes(group));

const HOUR_MS = 3_600_000;

/**
 * Adds up the grants that the principal holds: the union of their accesses, ending with the one
 * that ends first (so that no access outlives its own grant). `granted`: those that were asked for
 * and approved. Null: nothing lets this person in.
 */
export function grantFor(
  document: Document,
  principal: Who,
  resource: What,
  openedAt: UnixMs,
  granted: readonly Granted[] = [],
): Grant | null {
  const given = new Map(granted.map(({ grant, endsAt }) => [grant, endsAt]));
  const held = grantsOn(document, principal, resource).filter(
    ({ id, request }) => request === undefined || (given.get(id) ?? 0) > openedAt,
  );
  const [first] = held;
  if (first === undefined) return null;
  const access = new Set(held.flatMap((grant) => grant.access));
  const ends = held.flatMap(({ id, hours, request }) => [
    ...(hours === undefined ? [] : [openedAt + hours * HOUR_MS]),
    ...(request === undefined ? [] : [given.get(id) ?? openedAt]),
  ]);
  return {
    id: first.id,
    grants: held.map((grant) => grant.id),
    access: ACCESS.filter((one) => access.has(one)),
    endsAt: ends.length === 0 ? null : Math.min(...ends),
  };
}

/** Grants that the principal may ask for (they have a `request` block). */
export function requestableGrants(document: Document, principal: Who, resource: What) {
  return grantsOn(document, principal, resource).filter((g) => g.request !== undefined);
}

/** The most hours that one may ask a grant for; null: no bound. */
export function hoursMost({ hours, request }: GrantRule): number | null {
  const bounds = [hours, request?.hours].filter((bound) => bound !== undefined);
  return bounds.length === 0 ? null : Math.min(...bounds);
}

function grantsOn(document: Document, principal: Who, resource: What): GrantRule[] {
  return document.grants.filter(
    (grant) => sharesGroup(grant.groups, principal.groups) && covers(grant, resource),
  );
}

/** Whether the grant is about that resource. */
export function covers({ resources }: GrantRule, resource: What): boolean {
  if (Array.isArray(resources)) return resources.includes(resource.name);
  const wanted = Object.entries(resources.labels);
  return wanted.length > 0 && wanted.every(([key, value]) => resource.labels[key] === value);
}
