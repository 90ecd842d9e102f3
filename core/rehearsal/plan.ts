import type { Document } from "../policy/schema.ts";
import type { Principal } from "../session.ts";
import { cautionOf, type Unjudged } from "./compare.ts";
import type { Asked } from "./judged.ts";
import { looksOf } from "./looks.ts";
import { readable, type Recorded } from "./recorded.ts";
import { requestParts } from "./request-parts.ts";

/** Commands that one principal has sent to one resource, and the two policies to compare. */
export type Comparison = {
  /** The one that decided them. */
  readonly before: Document;
  readonly after: Document;
  readonly principal: Principal;
  /** By its name. */
  readonly resource: string;
  readonly commands: readonly Recorded[];
};

/** Commands that are judged under the same two documents. */
export type Part = {
  readonly before: Document;
  readonly after: Document;
  readonly asked: readonly { readonly recorded: Recorded; readonly again: Asked }[];
  /** What to keep in mind; null: nothing. */
  readonly caution: string | null;
};

/** `unjudged`: why, once for each command that is in no part. */
export type Plan = { readonly parts: readonly Part[]; readonly unjudged: readonly Unjudged[] };

/** How recorded commands are judged again, by what their recording shows. */
export const planOf = (comparison: Comparison, isService: boolean): Plan =>
  isService ? requestParts(comparison) : statementPart(comparison);

function statementPart({ before, after, principal, resource, commands }: Comparison): Plan {
  const looks = looksOf([before, after], principal, { name: resource });
  const asked: Part["asked"][number][] = [];
  const unjudged: Unjudged[] = [];
  for (const recorded of commands) {
    const sql = readable(recorded.shown);
    if (sql === null) unjudged.push("cut");
    else if (looks.parameters && BOUND.test(sql)) unjudged.push("parameters");
    else asked.push({ recorded, again: { sql, at: recorded.at } });
  }
  return { parts: [{ before, after, asked, caution: cautionOf(looks) }], unjudged };
}

/** Whoever sends no `$1` has bound nothing to it. */
const BOUND = /\$[0-9]/;
