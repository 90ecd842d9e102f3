import { type Context, Hono } from "hono";
import { toInstant } from "../../core/api/common.ts";
import type { ResourceView } from "../../core/api/resource.ts";
import { ROUTES } from "../../core/api/routes.ts";
import { grantFor, hoursMost, requestableGrants } from "../../core/policy/grants.ts";
import type { Document, GrantRule, ResourceRule } from "../../core/policy/schema.ts";
import { idsOfResources } from "../../store/policies.ts";
import { appliedPolicy } from "../applied.ts";
import type { App } from "../context.ts";
import { deskStub } from "../desk.ts";
import { signedIn } from "../identity/signed-in.ts";
import { Hidden } from "../problem.ts";
import { holdsRole } from "../roles.ts";

export const resources = new Hono<App>();

resources.get(ROUTES.resources.path, signedIn, async (c) => c.json({ items: await visible(c) }));

resources.get(ROUTES.resource.path, signedIn, async (c) => {
  const name = c.req.param("name");
  const found = (await visible(c)).find((resource) => resource.name === name);
  if (found === undefined) throw new Hidden("There is no such resource for you.");
  return c.json(found);
});

/** What the caller may open or ask for; admins see the rest too. */
async function visible(c: Context<App>): Promise<ResourceView[]> {
  const applied = await appliedPolicy(c);
  if (applied === null) return [];
  const { document } = applied;
  const everything = await holdsRole(c, "admin");
  const names = document.resources.map((rule) => rule.name);
  const ids = await idsOfResources(c.var.db, names);
  const granted = await grantedTo(c, document);
  return document.resources
    .map((rule) => viewOf(c, document, rule, ids.get(rule.name) ?? "", granted))
    .filter((view) => everything || view.state !== "closed");
}

/** The desk is asked only where there is something that one may ask for. */
async function grantedTo(c: Context<App>, document: Document) {
  const { principal } = c.var.identity;
  const may = document.resources.some(
    (rule) => requestableGrants(document, principal, rule).length > 0,
  );
  return may ? deskStub(c.env).granted(principal.id) : [];
}

function viewOf(
  c: Context<App>,
  document: Document,
  rule: ResourceRule,
  id: string,
  given: Awaited<ReturnType<typeof grantedTo>>,
): ResourceView {
  const { name, type, labels } = rule;
  const database = rule.type === "postgres" ? rule.database : null;
  const url = rule.type === "http" ? `${c.var.settings.publicUrl}/http/${name}` : null;
  const { principal } = c.var.identity;
  const granted = given.filter(({ resource }) => resource === name);
  const requestable = requestableGrants(document, principal, rule);
  const mayAsk = requestable
    .filter(({ id: grant }) => !granted.some((one) => one.grant === grant))
    .map(offerOf);
  const shown = { id: id as ResourceView["id"], name, type, database, url, labels, mayAsk };
  const grant = grantFor(document, principal, rule, c.var.now, granted);
  if (grant !== null) {
    const { access, grants } = grant;
    const endsAt = grant.endsAt === null ? null : toInstant(grant.endsAt);
    const why = `${grants.join(" and ")} lets you ${access.join(", ")}.`;
    return { ...shown, state: "open", access: [...access], grants: [...grants], why, endsAt };
  }
  const grants = requestable.map((one) => one.id);
  const access = [...new Set(requestable.flatMap((one) => one.access))];
  const state = grants.length > 0 ? "request" : "closed";
  const why =
    state === "request" ? `You may ask for it by ${grants.join(" or ")}.` : "No grant names you.";
  return { ...shown, state, access, grants, why, endsAt: null };
}

const offerOf = (grant: GrantRule): ResourceView["mayAsk"][number] => ({
  grant: grant.id,
  access: [...grant.access],
  hours: hoursMost(grant),
  reasonRequired: grant.request?.reason === "required",
  reviewers: [...(grant.request?.reviewers ?? [])],
});
