import type { ExactCommand } from "../../core/api/exact.ts";
import { fromBase64, hex, strictText } from "../../core/bytes.ts";
import { type Context, gatewayOf, list } from "../context.ts";
import { usage } from "../failure.ts";
import { table } from "../output/table.ts";

/** Opens what a session's person typed. The reason is kept, with who asked, in the audit trail. */
export async function showExact(
  context: Context,
  id: string,
  reason: string | undefined,
): Promise<void> {
  if (reason === undefined) throw usage("Say why: --exact --reason TEXT.");
  const gateway = await gatewayOf(context);
  const found: ExactCommand[] = [];
  for (let from: number | null = 0; from !== null;) {
    const json = { reason, from };
    const page: { items: ExactCommand[]; next: number | null } = await gateway.call("exact", {
      path: { id },
      json,
    });
    found.push(...page.items);
    from = page.next;
  }
  const items = found.map((one) => ({ id: `${id}/${one.seq}`, ...one }));
  list(context, items, () => items.map(shown).join(""));
}

function shown({ at, text, parameters }: ExactCommand): string {
  const binds = parameters.map((one, i) => [at, `  $${i + 1} = ${valueOf(one)}`]);
  return table([at, text], binds);
}

function valueOf({ format, value }: ExactCommand["parameters"][number]): string {
  if (value === null) return "NULL";
  const bytes = fromBase64(value) ?? new Uint8Array();
  const text = format === 0 ? strictText(bytes) : null;
  return text ?? `\\x${hex(bytes)}`;
}
