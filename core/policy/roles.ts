import { type Role, ROLES } from "../session.ts";
import { sharesGroup } from "./grants.ts";
import type { Document } from "./schema.ts";

/**
 * The roles of somebody in these groups. `adminGroups` (the deployment's ADMIN_GROUPS) counts only
 * until a first document is in force: pass null as the document then.
 */
export function rolesOf(
  document: Document | null,
  groups: readonly string[],
  adminGroups: readonly string[] = [],
): readonly Role[] {
  if (document === null) return sharesGroup(adminGroups, groups) ? ["admin"] : [];
  return ROLES.filter((role) => sharesGroup(document.roles[role], groups));
}

/** No group is admin under this document: nobody could apply the next one. */
export const wouldLeaveNobodyAdmin = (document: Document): boolean =>
  document.roles.admin.length === 0;
