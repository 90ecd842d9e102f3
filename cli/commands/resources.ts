import type { Command } from "commander";
import { type Context, gatewayOf, list } from "../context.ts";
import { table } from "../output/table.ts";

export function resourceCommands(program: Command, context: Context): void {
  program
    .command("ls")
    .description("resources that you may open or request, and why")
    .option("--json", "one JSON array")
    .action(async () => {
      const { items } = await (await gatewayOf(context)).call("resources");
      list(context, items, () =>
        table(
          ["name", "type", "state", "access", "at", "why"],
          items.map(({ name, type, state, access, url, database, why }) => [
            name,
            type,
            state,
            access.join(", "),
            url ?? database ?? "",
            why,
          ]),
        ),
      );
    });
}
