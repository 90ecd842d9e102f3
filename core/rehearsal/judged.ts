import type { Catalog } from "../catalog.ts";
import type { Crypto } from "../crypto.ts";
import type { UnixMs } from "../decision.ts";
import type { Outcome } from "../policy/cases.ts";
import { resourceOf } from "../policy/resource.ts";
import type { Document } from "../policy/schema.ts";
import type { Principal } from "../session.ts";
import { sayMask } from "../sql/explain.ts";
import type { Grammar } from "../sql/grammar.ts";
import { type Rehearsed, rehearsal } from "./rehearse.ts";
import { type RehearsedRequest, requestRehearsal, type SentRequest } from "./request.ts";
import type { Stage } from "./stage.ts";

/** What is asked in one session, to be judged. Plain data: it crosses RPC. */
export type Scene = {
  readonly document: Document;
  readonly principal: Principal;
  /** By the name that the document gives it. */
  readonly resource: string;
  readonly session: Stage["session"];
  readonly asked: readonly Asked[];
};

/** A statement, or a request. */
export type Asked = { readonly at: UnixMs } & ({ readonly sql: string } | SentRequest);

/** What would come of one of them. Plain data. */
export type Judged = {
  readonly decision: Outcome;
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
  /** Of a request: what masks something of it before it is judged. */
  readonly maskedIn: readonly string[];
};

function ofStatement({ command, decision, masker, columns, leaks }: Rehearsed): Judged {
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
    maskedIn: [],
  };
}

const NOTHING = { operations: [], objects: [], columns: [], masks: [], leaks: [], maskedIn: [] };

/** The fields of an answer are not known before it comes. */
function ofRequest(rehearsed: RehearsedRequest): Judged {
  if ("refuse" in rehearsed) {
    const { refuse: message } = rehearsed;
    return { ...NOTHING, decision: { verdict: "refuse", rules: [], message } };
  }
  const { command, decision, masked } = rehearsed;
  const { operations, objects } = command;
  return { ...NOTHING, decision, operations, objects, maskedIn: masked };
}

/** Judges what a scene asks, one by one: the shell looks after the grammar between them. */
export function judging(
  { document, principal, resource: name, session }: Scene,
  catalog: Catalog | null,
  grammar: Grammar,
  crypto: Crypto,
): (asked: Asked) => Judged {
  const stage = { document, principal, session };
  const rule = document.resources.find((each) => each.name === name);
  const resource = rule && resourceOf(rule, name);
  if (rule === undefined || resource === undefined) return () => unnamed(name);
  if (resource.type === "http") {
    const rehearse = requestRehearsal(stage, resource, crypto);
    return (asked) => ("sql" in asked ? unnamed(name) : ofRequest(rehearse(asked, asked.at)));
  }
  const rehearse = rehearsal({ ...stage, resource: rule, catalog }, grammar, crypto);
  return (asked) => ("sql" in asked ? ofStatement(rehearse(asked.sql, asked.at)) : unnamed(name));
}

/** Under a policy that does not name the resource, or not as one of that kind. */
const unnamed = (resource: string): Judged => ({
  ...NOTHING,
  decision: { verdict: "block", rules: [], message: `The policy names no resource ${resource}.` },
});
