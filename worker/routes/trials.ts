import { type Context, Hono } from "hono";
import type { z } from "zod";
import type { checked, tested } from "../../core/api/policy.ts";
import { ROUTES } from "../../core/api/routes.ts";
import { policyCasesMax } from "../../core/limits.ts";
import { type Case, parseCases } from "../../core/policy/cases.ts";
import { documentSchema } from "../../core/policy/schema.ts";
import { resultOf, sceneOf } from "../../core/rehearsal/cases.ts";
import type { Judged } from "../../core/rehearsal/judged.ts";
import { z as zod } from "../../core/zod.ts";
import { audit } from "../../store/audit.ts";
import { checkedDocument, errorView, warningsOf } from "../applying.ts";
import type { App } from "../context.ts";
import { signedIn } from "../identity/signed-in.ts";
import { judgeFor } from "../judging.ts";
import { Refused } from "../problem.ts";
import { readBody } from "../read.ts";
import { requireRole } from "../roles.ts";

/** A policy's text before it is applied. Nothing here changes what is in force. */
export const trials = new Hono<App>();

/** The running gateway's own: a file made at build time could be another version's. */
trials.get(ROUTES.policySchema.path, signedIn, async (c) => {
  await requireRole(c, "admin", "auditor");
  return c.json(zod.toJSONSchema(documentSchema, { io: "input" }));
});

trials.post(ROUTES.check.path, signedIn, async (c) => {
  await requireRole(c, "admin");
  const { source } = await readBody(c, ROUTES.check.body);
  return c.json(await checkOf(c, source));
});

async function checkOf(c: Context<App>, source: string): Promise<z.infer<typeof checked>> {
  try {
    return { errors: [], warnings: await warningsOf(c, checkedDocument(source)) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { code, message, more } = error;
    const [errors, warnings] = [more.errors ?? [{ code, message, line: null, column: null }], []];
    return { errors, warnings };
  }
}

/** By each resource's tables as the policy in force reaches them; the edited text dials nothing. */
trials.post(ROUTES.test.path, signedIn, async (c) => {
  await requireRole(c, "admin");
  const { source, cases: text } = await readBody(c, ROUTES.test.body);
  const document = checkedDocument(source);
  const read = parseCases(text, document);
  const none: z.infer<typeof tested> = { errors: [], cases: [], bare: [] };
  if (!("cases" in read)) return c.json({ ...none, errors: read.map(errorView) });
  const { cases } = read;
  if (cases.length > policyCasesMax) {
    throw new Refused("too_large", `At most ${policyCasesMax} cases are tried at once.`);
  }
  const judge = judgeFor(c);
  const judged = new Map<Case, Judged>();
  const bare: string[] = [];
  for (const [resource, own] of Map.groupBy(cases, ({ on }) => on)) {
    const isStatement = own.some(({ sql }) => sql !== undefined);
    if (isStatement) await auditTables(c, resource);
    const scenes = own.map((one) => sceneOf(one, document, c.var.now));
    const { answers, known } = await judge(resource, scenes);
    if (isStatement && !known) bare.push(resource);
    own.forEach((one, i) => judged.set(one, answers[i]?.[0] as Judged));
  }
  const results = cases.map((one, i) => resultOf(one, judged.get(one) as Judged, i + 1));
  return c.json({ ...none, cases: results, bare });
});

/** Cases tell which tables there are. */
async function auditTables(c: Context<App>, resource: string): Promise<void> {
  const actor = c.var.identity.principal;
  const event = { actor, action: "catalog.read", outcome: "done" } as const;
  await audit(c.var.db, { ...event, subject: resource, detail: { for: "cases" } }, c.var.now);
}
