import { safeJson } from "../../core/visible.ts";
import { type Context, gatewayOf, print } from "../context.ts";

/** One name to a line: the file is kept beside the policy, and its changes are read. */
export async function saveCatalog(context: Context, name: string): Promise<void> {
  const saved = await (await gatewayOf(context)).call("catalog", { path: { name } });
  print(context, `${safeJson(saved, 1)}\n`);
}
