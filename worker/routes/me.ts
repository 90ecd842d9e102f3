import { Hono } from "hono";
import { toInstant } from "../../core/api/common.ts";
import type { Me } from "../../core/api/me.ts";
import { ROUTES } from "../../core/api/routes.ts";
import type { App } from "../context.ts";
import { signedIn } from "../identity/signed-in.ts";
import { rolesOfCaller } from "../roles.ts";

export const me = new Hono<App>().get(ROUTES.me.path, signedIn, async (c) => {
  const { principal, groupsReadAt, expiresAt } = c.var.identity;
  const roles = await rolesOfCaller(c);
  const answer: Me = {
    id: principal.id,
    name: principal.name,
    kind: principal.kind,
    groups: [...principal.groups],
    roles: [...roles],
    groupsReadAt: toInstant(groupsReadAt),
    expiresAt: toInstant(expiresAt),
  };
  return c.json(answer);
});
