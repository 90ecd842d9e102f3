import type { Context } from "hono";
import { rolesOf } from "../core/policy/roles.ts";
import type { Viewer } from "../core/review/view.ts";
import type { Role } from "../core/session.ts";
import { appliedPolicy } from "./applied.ts";
import type { App } from "./context.ts";
import { Refused } from "./problem.ts";

/**
 * What the policy in force makes of the caller's groups; before the first one ADMIN_GROUPS decides.
 */
export async function rolesOfCaller(c: Context<App>): Promise<readonly Role[]> {
  const applied = await appliedPolicy(c);
  const { groups } = c.var.identity.principal;
  return rolesOf(applied?.document ?? null, groups, c.var.settings.adminGroups);
}

/** The caller, as reviews are shown to her. */
export async function viewerOf(c: Context<App>): Promise<Viewer> {
  return { ...c.var.identity.principal, roles: await rolesOfCaller(c) };
}

/** Whether the caller holds one of the roles. */
export async function holdsRole(c: Context<App>, ...wanted: readonly Role[]): Promise<boolean> {
  const held = await rolesOfCaller(c);
  return held.some((role) => wanted.includes(role));
}

/** Throws Refused `forbidden` unless the caller holds one of the roles. */
export async function requireRole(c: Context<App>, ...wanted: readonly Role[]): Promise<void> {
  if (await holdsRole(c, ...wanted)) return;
  throw new Refused("forbidden", `This needs the role ${wanted.join(" or ")}.`);
}
