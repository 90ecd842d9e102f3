import { InvalidArgumentError, Option } from "commander";

/** What the API gives at once. */
const pageItemsMax = 200;

type Page<T> = { readonly items: readonly T[]; readonly next: string | null };

export const limitOption = (): Option =>
  new Option("--limit <count>", "how many at most").default(50).argParser((text) => {
    const count = Number(text);
    if (Number.isInteger(count) && count > 0) return count;
    throw new InvalidArgumentError("A limit is a whole number above 0.");
  });

/** The first `limit` items, from as many pages as it takes. */
export async function upTo<T>(
  limit: number,
  fetch: (query: { limit: number; after: string | undefined }) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const found: T[] = [];
  let after: string | undefined;
  while (found.length < limit) {
    const page = await fetch({ limit: Math.min(limit - found.length, pageItemsMax), after });
    found.push(...page.items);
    if (page.next === null) break;
    after = page.next;
  }
  return found;
}
