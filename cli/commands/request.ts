import type { Command } from "commander";
import { type Context, gatewayOf, list } from "../context.ts";
import { reviewTable } from "./reviews.ts";

type Options = {
  readonly grant?: string;
  readonly hours?: number;
  readonly reason?: string;
  readonly ticket?: string;
};

export function requestCommands(program: Command, context: Context): void {
  program
    .command("request <resource>")
    .description("ask others for access, for a time")
    .option("--reason <text>", "for whoever decides, and for the record")
    .option("--hours <number>", "for how long; as long as the grant may last by default", Number)
    .option("--grant <id>", "which grant, where there are several")
    .option("--ticket <text>", "what it is for elsewhere")
    .option("--json", "one JSON array")
    .action(async (name: string, { grant, hours, reason, ticket }: Options) => {
      const gateway = await gatewayOf(context);
      const given = Object.entries({ grant, hours, reason, ticket });
      const json = Object.fromEntries(given.filter(([, value]) => value !== undefined));
      list(context, [await gateway.call("request", { path: { name }, json })], reviewTable);
    });
  program
    .command("withdraw <id>")
    .description("take a request back, or end the access that it gave")
    .option("--json", "one JSON array")
    .action(async (id: string) => {
      const gateway = await gatewayOf(context);
      list(context, [await gateway.call("withdraw", { path: { id }, json: {} })], reviewTable);
    });
}
