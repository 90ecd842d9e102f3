import { Hono } from "hono";
import { toInstant } from "../../core/api/common.ts";
import type { CountsView, OverviewView } from "../../core/api/overview.ts";
import { ROUTES } from "../../core/api/routes.ts";
import { HOUR_MS } from "../../core/recording/counts.ts";
import type { Review } from "../../core/review/review.ts";
import { countsBetween, type HourlyCount } from "../../store/counts.ts";
import { liveCounts } from "../../store/sessions.ts";
import type { App } from "../context.ts";
import { deskStub } from "../desk.ts";
import { signedIn } from "../identity/signed-in.ts";
import { readQuery } from "../read.ts";
import { requireRole } from "../roles.ts";

const slowestShown = 5;
const busiestShown = 10;

/** What happened in some hours, from sums that were kept as recordings came into the store. */
export const overview = new Hono<App>().get(ROUTES.overview.path, signedIn, async (c) => {
  await requireRole(c, "auditor", "admin");
  const asked = readQuery(c, ROUTES.overview.query);
  const from = Math.floor(Date.parse(asked.from) / HOUR_MS);
  const to = Math.ceil(Date.parse(asked.to) / HOUR_MS);
  const [rows, live, slowest] = await Promise.all([
    countsBetween(c.var.db, from, to),
    liveCounts(c.var.db),
    deskStub(c.env).slowest(from * HOUR_MS, to * HOUR_MS, slowestShown),
  ]);
  const byHour = Map.groupBy(rows, ({ hour }) => hour);
  const answer: OverviewView = {
    from: toInstant(from * HOUR_MS),
    to: toInstant(to * HOUR_MS),
    total: sum(rows),
    hours: Array.from({ length: to - from }, (_, index) => ({
      at: toInstant((from + index) * HOUR_MS),
      ...sum(byHour.get(from + index) ?? []),
    })),
    resources: busiest(rows),
    live: live.reduce((all, { n }) => all + n, 0),
    slowest: slowest.map(slowView),
  };
  return c.json(answer);
});

function sum(rows: readonly HourlyCount[]): CountsView {
  const total = { sessions: 0, commands: 0, blocked: 0, held: 0, masked: 0 };
  for (const { kind, n } of rows) total[kind] += n;
  return total;
}

function busiest(rows: readonly HourlyCount[]): OverviewView["resources"] {
  const byResource = Map.groupBy(rows, ({ resource, name }) => name ?? resource);
  return [...byResource]
    .map(([resource, own]) => ({ resource, ...sum(own) }))
    .toSorted((a, b) => b.commands - a.commands || b.sessions - a.sessions)
    .slice(0, busiestShown);
}

const slowView = (review: Review): OverviewView["slowest"][number] => ({
  id: review.id as OverviewView["slowest"][number]["id"],
  resource: review.resource,
  principal: review.principal.name,
  verdict: review.state === "approved" ? "approved" : "rejected",
  askedAt: toInstant(review.askedAt),
  settledAt: toInstant(review.settledAt ?? review.askedAt),
});
