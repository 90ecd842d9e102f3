import type { UnixMs } from "../decision.ts";
import { type Case, differences } from "../policy/cases.ts";
import type { Document } from "../policy/schema.ts";
import type { Judged, Scene } from "./judged.ts";
import { sentOf } from "./request.ts";

const titleCharactersMax = 60;

/** Who would send a case's statement or request, and when. */
export const sceneOf = (one: Case, document: Document, now: UnixMs): Scene => ({
  document,
  principal: { id: one.as, name: one.as, groups: one.groups, kind: "person" },
  resource: one.on,
  session: { id: "", reason: one.reason ?? null, ticket: one.ticket ?? null, openedAt: now },
  asked: [{ ...askedOf(one), at: one.at === undefined ? now : Date.parse(one.at) }],
});

const askedOf = ({ sql = "", request }: Case) =>
  request === undefined ? { sql } : sentOf(request);

/** A case beside what came of it; no `differences`: it passed. */
export function resultOf(one: Case, judged: Judged, number: number) {
  const { decision, columns, leaks, maskedIn } = judged;
  const shown = columns.map(({ name, rule }) => ({ name, rule }));
  const found = differences(one.expect, { decision, columns: shown, maskedIn });
  const passed = found.length === 0;
  return {
    id: number,
    name: one.name ?? cut(textOf(one)),
    line: one.line,
    passed,
    as: one.as,
    on: one.on,
    verdict: decision.verdict,
    rules: decision.rules,
    columns: shown,
    maskedIn,
    differences: passed ? [] : [...found, ...leaks],
  };
}

export type CaseResult = ReturnType<typeof resultOf>;

const textOf = ({ sql = "", request }: Case): string =>
  request === undefined ? sql.replace(/\s+/g, " ").trim() : `${request.method} ${request.path}`;

function cut(text: string): string {
  const characters = [...text];
  if (characters.length <= titleCharactersMax) return text;
  return `${characters.slice(0, titleCharactersMax - 1).join("")}…`;
}
