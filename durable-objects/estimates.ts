import type { Catalog } from "../core/catalog.ts";
import { estimatesWaitingMax } from "../core/limits.ts";
import {
  BEGIN_READ_ONLY,
  type Estimate,
  explainable,
  explainText,
  guardText,
  readGuard,
  readPlan,
  refusedPlan,
  settingsText,
} from "../core/sql/estimate.ts";
import { Names } from "../core/sql/names.ts";
import { grammar, grammarReady } from "./grammar.ts";

/** A held statement, and where its session looks names up. Plain data: it crosses RPC. */
export type Explained = { readonly text: string; readonly searchPath: readonly string[] | null };

/** A session of the gateway's own that runs these texts and no others. */
export type Ask = <T>(
  texts: readonly string[],
  work: (query: (text: string) => Promise<readonly Row[]>) => Promise<T>,
) => Promise<T>;

type Row = Readonly<Record<string, unknown>>;

/** One at a time: each is a connection to the target. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  async take(work: () => Promise<Estimate>): Promise<Estimate> {
    if (this.#waiting >= estimatesWaitingMax) return { none: "Too many others wait for theirs." };
    this.#waiting++;
    const mine = this.#last.then(work, work).finally(() => this.#waiting--);
    this.#last = mine;
    return mine;
  }
}

/** `catalog` is read for it: what the text is judged by is as new as can be. */
export async function estimateOf(
  { text, searchPath }: Explained,
  catalog: Catalog,
  ask: Ask,
): Promise<Estimate> {
  if (searchPath === null) return { none: "Its session has tables or code of its own." };
  await grammarReady();
  const judged = explainable(text, grammar, new Names({ ...catalog, searchPath }));
  if ("none" in judged) return judged;
  const explained = explainText(text, judged, grammar);
  if (typeof explained !== "string") return explained;
  const settings = settingsText(searchPath);
  const guard = guardText(judged.relations);
  const texts = [BEGIN_READ_ONLY, settings, guard, explained];
  try {
    return await ask(texts, async (query) => {
      await query(BEGIN_READ_ONLY);
      await query(settings);
      const [row] = await query(guard);
      const refusal = readGuard(row, judged);
      return refusal ?? readPlan(planIn(await query(explained)));
    });
  } catch (error) {
    const { code } = error as { code?: unknown };
    return refusedPlan(typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : null);
  }
}

function planIn([row]: readonly Row[]): unknown {
  const plan = row?.["QUERY PLAN"];
  return typeof plan === "string" ? (JSON.parse(plan) as unknown) : plan;
}
