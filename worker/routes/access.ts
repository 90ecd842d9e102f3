import { type Context, Hono } from "hono";
import { hex, utf8 } from "../../core/bytes.ts";
import { ROUTES } from "../../core/api/routes.ts";
import { accessRequestSeconds, groupsFreshSeconds } from "../../core/limits.ts";
import { hoursMost, requestableGrants } from "../../core/policy/grants.ts";
import { signInOf } from "../../core/policy/guardrails.ts";
import type { GrantRule } from "../../core/policy/schema.ts";
import { accessEndsAt, approvers, type Question, type Review } from "../../core/review/review.ts";
import { maySee, viewOf, type Viewer } from "../../core/review/view.ts";
import { audit } from "../../store/audit.ts";
import { openSessions } from "../../store/openings.ts";
import { listSessions } from "../../store/sessions.ts";
import { appliedPolicy } from "../applied.ts";
import type { App } from "../context.ts";
import { deskStub } from "../desk.ts";
import { signedIn } from "../identity/signed-in.ts";
import { unknownResource } from "../opening.ts";
import { Hidden, Refused } from "../problem.ts";
import { readBody } from "../read.ts";
import { viewerOf } from "../roles.ts";
import { revoke } from "../sessions.ts";

/**
 * Access just in time: a grant of the policy that is asked for, approved by others like a held
 * command, and ends at an instant.
 */
export const access = new Hono<App>();

access.post(ROUTES.request.path, signedIn, async (c) => {
  const { grant, resource } = await asked(c);
  const { hours, reason, ticket } = await readBody(c, ROUTES.request.body);
  const { request, id } = grant;
  if (request === undefined) throw unknownResource(resource);
  const most = hoursMost(grant);
  if (hours !== undefined && most !== null && hours > most) {
    throw new Refused("bad_request", `${id} is for at most ${most} hours.`);
  }
  if (request.reason === "required" && (reason ?? "") === "") {
    throw new Refused("bad_request", `${id} needs a reason.`);
  }
  const wanted = hours ?? most ?? 1;
  const said = { reason: reason ?? null, ticket: ticket ?? null };
  const question = await questionOf(c, grant, resource, wanted, said);
  const answer = await deskStub(c.env).ask(question);
  if (answer.is === "refused") throw new Refused("conflict", answer.message);
  const { review } = answer;
  await note(c, "access.request", review);
  return c.json(viewOf(review, await viewerOf(c)), 201);
});

access.post(ROUTES.withdraw.path, signedIn, async (c) => {
  const viewer = await viewerOf(c);
  const desk = deskStub(c.env);
  const review = await desk.get(c.req.param("id") ?? "");
  if (review === null || !maySee(review, viewer)) {
    throw new Hidden("There is no such review for you.");
  }
  if (review.access === null) {
    throw new Refused("conflict", "A held command is withdrawn by its own session.");
  }
  if (!mayWithdraw(review, viewer, c.var.identity.token === null)) {
    throw new Refused("forbidden", "Who asked, who may decide, and admins may withdraw this.");
  }
  const endsAt = accessEndsAt(review);
  const open = review.state === "pending" || (endsAt !== null && endsAt > c.var.now);
  const after = open ? await desk.withdraw(review.id) : null;
  if (after?.state !== "withdrawn") {
    throw new Refused("already_settled", "This request, or the access that it gave, is over.");
  }
  await note(c, "access.withdraw", after);
  // By its votes: it may have been approved since it was read.
  if (approvers(after).length >= after.approvalsNeeded) await endSessions(c, after);
  return c.json(viewOf(after, viewer));
});

type Noted = "access.request" | "access.withdraw";

/** The grant that the caller asks for, by name or the first that she may. */
async function asked(c: Context<App>): Promise<{ grant: GrantRule; resource: string }> {
  const name = c.req.param("name") ?? "";
  const applied = await appliedPolicy(c);
  const rule = applied?.document.resources.find((one) => one.name === name);
  if (applied === null || rule === undefined) throw unknownResource(name);
  const { principal, groupsReadAt } = c.var.identity;
  if (c.var.now - groupsReadAt > groupsFreshSeconds * 1000) {
    throw new Refused("stale_groups", "Your groups were read too long ago: refresh and ask again.");
  }
  const { grant: wanted } = await readBody(c, ROUTES.request.body);
  const open = requestableGrants(applied.document, principal, rule);
  const grant = wanted === undefined ? open[0] : open.find(({ id }) => id === wanted);
  if (grant === undefined) throw unknownResource(name);
  return { grant, resource: name };
}

async function questionOf(
  c: Context<App>,
  grant: GrantRule,
  resource: string,
  hours: number,
  said: Pick<Question, "reason" | "ticket">,
): Promise<Question> {
  const { now, identity } = c.var;
  const { id, name } = identity.principal;
  const bound = JSON.stringify(["sluice.access.1", id, resource, grant.id, grant.access, hours]);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(bound)));
  const time = hours === 1 ? "1 hour" : `${hours} hours`;
  return {
    ...said,
    session: "",
    command: 0,
    resource,
    principal: { id, name },
    onBehalfOf: null,
    shown: `open ${resource} for ${time}: ${grant.access.join(", ")}`,
    parameters: [],
    operations: [],
    objects: [],
    masked: [],
    unbounded: false,
    risks: [],
    rules: [grant.id],
    message: `${name} asks for ${grant.id} on ${resource} for ${time}.`,
    reviewers: grant.request?.reviewers ?? [],
    approvalsNeeded: grant.request?.approvals ?? 1,
    signIn: signInOf(grant.request?.signIn === undefined ? [] : [grant.request.signIn]),
    digest: hex(digest),
    holdsLocks: false,
    access: { grant: grant.id, hours },
    askedAt: now,
    expiresAt: now + accessRequestSeconds * 1000,
  };
}

/** An API token takes back what its owner asked for: to end what others have takes a person. */
function mayWithdraw(review: Review, { id, groups, roles }: Viewer, isHerself: boolean): boolean {
  if (review.principal.id === id) return true;
  const decides =
    roles.includes("reviewer") && groups.some((group) => review.reviewers.includes(group));
  return isHerself && (decides || roles.includes("admin"));
}

/** The person's sessions on the resource, also those that are only being opened. */
async function endSessions(c: Context<App>, { principal, resource }: Review): Promise<void> {
  const { db, now } = c.var;
  const open = await openSessions(db, { principal: principal.id });
  const live = await listSessions(db, { owner: principal.id, live: true, limit: 1_000 });
  const elsewhere = new Set(live.flatMap((row) => (row.resourceName === resource ? [] : [row.id])));
  const ids = open.filter((id) => !elsewhere.has(id));
  const reason = `Your access to ${resource} has been withdrawn.`;
  await revoke(c.env, db, ids, { code: "grant-withdrawn", reason }, now);
}

async function note(c: Context<App>, action: Noted, review: Review): Promise<void> {
  const { access: wanted, resource, principal } = review;
  const detail = { resource, principal: principal.id, ...wanted };
  const event = { actor: c.var.identity.principal, action, outcome: "done", detail } as const;
  await audit(c.var.db, { ...event, subject: review.id }, c.var.now);
}
