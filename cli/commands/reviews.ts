import type { Command } from "commander";
import type { ReviewView } from "../../core/api/review.ts";
import { type Context, gatewayOf, list } from "../context.ts";
import { table } from "../output/table.ts";
import { limitOption, upTo } from "../pages.ts";

type ListOptions = { readonly state: string; readonly limit: number };
type VoteOptions = { readonly comment?: string };

export function reviewCommands(program: Command, context: Context): void {
  const reviews = program
    .command("reviews")
    .description("statements that wait for a person")
    .option("--state <state>", "pending, approved, rejected, expired, withdrawn or all", "pending")
    .addOption(limitOption())
    .option("--json", "one JSON array")
    .action((options: ListOptions) => listReviews(context, options));
  for (const verdict of ["approve", "reject"] as const) {
    reviews
      .command(`${verdict} <id>`)
      .description(`${verdict} one statement`)
      .option("--comment <text>", "for whoever asked, and for the record")
      .option("--json", "one JSON array")
      .action(async (id: string, { comment }: VoteOptions) => {
        const gateway = await gatewayOf(context);
        const json = comment === undefined ? {} : { comment };
        const review = await gateway.call(verdict, { path: { id }, json });
        list(context, [review], reviewTable);
      });
  }
}

async function listReviews(context: Context, { state, limit }: ListOptions): Promise<void> {
  const gateway = await gatewayOf(context);
  const asked = state === "all" ? {} : { state };
  const found = await upTo(limit, (page) =>
    gateway.call("reviews", { query: { ...asked, ...page } }),
  );
  list(context, found, reviewTable);
}

export const reviewTable = (reviews: readonly ReviewView[]): string =>
  table(
    ["id", "state", "votes", "who", "resource", "expires", "rows", "statement"],
    reviews.map((review) => [
      review.id,
      review.state,
      `${approvals(review)}/${review.approvalsNeeded}`,
      review.principal,
      review.resource,
      review.expiresAt,
      rowsOf(review),
      review.shown,
    ]),
  );

/** What the planner expects; `--json` says why where it does not. */
const rowsOf = ({ estimate }: ReviewView): string =>
  estimate === null || "none" in estimate ? "" : `about ${estimate.rows}`;

const approvals = ({ votes }: ReviewView): number =>
  votes.filter((vote) => vote.verdict === "approve").length;
