import type { Catalog } from "../catalog.ts";
import type { Crypto } from "../crypto.ts";
import type { Decision, UnixMs } from "../decision.ts";
import type { Document } from "../policy/schema.ts";
import type { Principal } from "../session.ts";
import { sayMask } from "../sql/explain.ts";
import type { Grammar } from "../sql/grammar.ts";
import { type Rehearsed, rehearsal, type Stage } from "./rehearse.ts";

/** Statements of one session to be judged. Plain data: it crosses RPC. */
export type Scene = {
  readonly document: Document;
  readonly principal: Principal;
  /** By the name that the document gives it. */
  readonly resource: string;
  readonly session: Stage["session"];
  readonly texts: readonly Text[];
};

type Text = { readonly sql: string; readonly at: UnixMs };

/** What would come of one statement. Plain data. */
export type Judged = {
  readonly decision: Decision;
  readonly operations: readonly string[];
  readonly objects: readonly string[];
  /** `says`: what becomes of the column, in words. */
  readonly columns: readonly {
    readonly name: string;
    readonly rule: string | null;
    readonly says: string;
  }[];
  /** Every rule that masks something of what it returns. */
  readonly masks: readonly string[];
  /** Why it is refused for masked data. */
  readonly leaks: readonly string[];
};

function judgedOf({ command, decision, masker, columns, leaks }: Rehearsed): Judged {
  const own = columns.flatMap(({ mask, sources }) => [mask, ...sources.map((from) => from.mask)]);
  return {
    decision,
    operations: command.operations,
    objects: command.objects,
    columns: columns.map((column) => ({
      name: column.name,
      rule: column.mask?.rule ?? null,
      says: sayMask(column, false),
    })),
    masks: [...new Set(own.flatMap((mask) => (mask === null ? [] : [mask.rule])))],
    leaks: decision.verdict === "block" && masker.hidesColumns ? leaks : [],
  };
}

/** Judges the texts of a scene, one by one: the shell looks after the grammar between them. */
export function judging(
  { document, principal, resource: name, session }: Scene,
  catalog: Catalog | null,
  grammar: Grammar,
  crypto: Crypto,
): (text: Text) => Judged {
  const resource = document.resources.find((each) => each.name === name);
  if (resource === undefined) return () => unnamed(name);
  const rehearse = rehearsal({ document, principal, resource, session, catalog }, grammar, crypto);
  return ({ sql, at }) => judgedOf(rehearse(sql, at));
}

/** Under a policy that does not name the resource, nobody gets that far. */
const unnamed = (resource: string): Judged => ({
  decision: { verdict: "block", rules: [], message: `The policy names no resource ${resource}.` },
  operations: [],
  objects: [],
  columns: [],
  masks: [],
  leaks: [],
});
