import { EMPTY, utf8 } from "../bytes.ts";
import type { RequestShown } from "../command.ts";
import { compileCondition } from "../policy/condition.ts";
import { concerns } from "../policy/guardrails.ts";
import type { Document, GuardrailRule, HttpRule } from "../policy/schema.ts";
import type { Unjudged } from "./compare.ts";
import type { Comparison, Part, Plan } from "./plan.ts";
import type { Recorded } from "./recorded.ts";
import type { SentRequest } from "./request.ts";

/*
 * Recorded requests, to be judged again. Headers are sealed, and so is what a mask has touched in
 * the shown form. A rule that looks at such a part is not asked again: what it said then is in the
 * record, which names every rule that spoke, and holds for a rule that has not changed. Where that
 * is not enough the request cannot be judged.
 */

/** A rule, and every name in its condition. */
type Read = { readonly rule: GuardrailRule; readonly names: readonly string[] };

/** By the id of a rule that is not asked: whether it matched. */
type Said = ReadonlyMap<string, boolean>;

export function requestParts(comparison: Comparison): Plan {
  const { before, after, commands } = comparison;
  const judge = judgeable(comparison);
  const parts = new Map<string, Part & { readonly asked: Part["asked"][number][] }>();
  const unjudged: Unjudged[] = [];
  for (const recorded of commands) {
    const known = judge(recorded);
    if ("why" in known) {
      unjudged.push(known.why);
      continue;
    }
    const key = JSON.stringify(known.said.map((each) => [...each]));
    const [then, now] = known.said;
    const part = parts.get(key) ?? {
      before: documentWith(before, then),
      after: documentWith(after, now),
      asked: [],
      caution: null,
    };
    parts.set(key, part);
    part.asked.push({ recorded, again: { ...known.request, at: recorded.at } });
  }
  return { parts: [...parts.values()], unjudged };
}

type Known =
  | { readonly why: Unjudged }
  | { readonly request: SentRequest; readonly said: readonly [Said, Said] };

function judgeable(comparison: Comparison): (recorded: Recorded) => Known {
  const { before, after } = comparison;
  const [thenReads, nowReads] = [before, after].map((document) => readsOf(document, comparison));
  const [then, now] = [before, after].map((document) => serviceIn(document, comparison));
  const isMaskedAlike = sentAs(before, then, comparison) === sentAs(after, now, comparison);
  const seesAlike = facts(then) === facts(now);
  const unchanged = new Set(thenReads?.map(({ rule }) => JSON.stringify(rule)));
  return (recorded) => {
    const { shows } = recorded;
    if (shows === undefined) return { why: "request" };
    const { request, isBare } = requestOf(recorded.shown, shows);
    if (!shows.path || !(isMaskedAlike || isBare)) return { why: "sealed" };
    const sealed = sealedIn(shows);
    const saidThen = answers(thenReads, sealed, (rule) => saidOf(recorded, rule, before));
    // Under a document without the service no rule is asked at all.
    const asks = now === undefined ? [] : nowReads;
    const saidNow = answers(asks, sealed, (rule) =>
      seesAlike && unchanged.has(JSON.stringify(rule)) ? saidOf(recorded, rule, before) : null,
    );
    if (saidThen === null || saidNow === null) return { why: "sealed" };
    return { request, said: [saidThen, saidNow] };
  };
}

const readsOf = (document: Document, { principal, resource }: Comparison): readonly Read[] =>
  document.guardrails
    .filter((rule) => rule.when !== undefined && concerns(rule, principal, { name: resource }))
    .map((rule) => ({ rule, names: [...compileCondition(rule.when ?? "").names] }));

const serviceIn = ({ resources }: Document, { resource }: Comparison): HttpRule | undefined =>
  resources.find((rule): rule is HttpRule => rule.name === resource && rule.type === "http");

/** What conditions see of the service itself. */
const facts = (service: HttpRule | undefined): string =>
  JSON.stringify([service?.labels, service?.openapi]);

/** By what requests are masked before they are judged, and refused where that cannot be. */
function sentAs(
  { masking }: Document,
  service: HttpRule | undefined,
  { principal, resource }: Comparison,
): string {
  const rules = masking.filter(
    (rule) => masksRequests(rule) && concerns(rule, principal, { name: resource }),
  );
  return JSON.stringify(rules.length === 0 ? [] : [rules, service?.unreadable]);
}

const masksRequests = ({ on }: Document["masking"][number]): boolean => on.includes("requests");

/** Its method, target and body as far as they are shown. `isBare`: it has no query and no body. */
function requestOf(
  shown: string,
  { query, body, type }: RequestShown,
): { readonly request: SentRequest; readonly isBare: boolean } {
  const [line = ""] = shown.split("\n", 1);
  const [method = "", whole = ""] = line.split(" ");
  const [path = ""] = whole.split("?", 1);
  const isBare = path === whole && line === shown;
  const target = (query ? whole : path).replaceAll(/[^\u0021-\u007e]+/gu, encodeURIComponent);
  const headers = type === null ? [] : ([["content-type", type]] as const);
  const bytes = body && line !== shown ? utf8(shown.slice(line.length + 1)) : EMPTY;
  return { request: { head: { method, target, headers }, body: bytes }, isBare };
}

/** As conditions name it. */
const sealedIn = ({ query, body, hidden }: RequestShown): readonly string[] => [
  "command.text",
  "http.headers",
  ...(query ? [] : ["http.query", "http.conforms"]),
  ...(body ? [] : ["http.body"]),
  ...hidden.map((name) => `http.body.${name}`),
  ...(body && hidden.length === 0 ? [] : ["http.conforms", "command.parameters"]),
];

/** Null: what one of them said is not known. */
function answers(
  reads: readonly Read[] = [],
  sealed: readonly string[],
  said: (rule: GuardrailRule) => boolean | null,
): Said | null {
  const known = new Map<string, boolean>();
  for (const { rule, names } of reads) {
    if (!names.some((name) => sealed.some((part) => overlap(name, part)))) continue;
    const answer = said(rule);
    if (answer === null) return null;
    known.set(rule.id, answer);
  }
  return known;
}

/** `http` has all of `http.headers` in it, and that has `http.headers.x-role`. */
const overlap = (a: string, b: string): boolean =>
  a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);

/** Whether the rule matched then; null: the record does not tell. */
function saidOf(
  { decision: { verdict, rules } }: Recorded,
  rule: GuardrailRule,
  { guardrails }: Document,
): boolean | null {
  // Who lacks the access is blocked before any rule is asked.
  if (verdict === "block" && !guardrails.some(({ id }) => rules.includes(id))) return null;
  if (!rules.includes(rule.id)) return false;
  // A condition that fails blocks, whatever its rule says: it may be this one.
  return verdict === "block" && rule.then !== "block" ? null : true;
}

/** What was judged then had been masked before: it is not masked once more. */
const documentWith = (document: Document, said: Said): Document => ({
  ...document,
  masking: document.masking.filter((rule) => !masksRequests(rule)),
  guardrails: document.guardrails.flatMap((rule) => {
    const answer = said.get(rule.id);
    if (answer === undefined) return [rule];
    return answer ? [{ ...rule, when: undefined }] : [];
  }),
});
