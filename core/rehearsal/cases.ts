import type { UnixMs } from "../decision.ts";
import { type Case, differences } from "../policy/cases.ts";
import type { Document } from "../policy/schema.ts";
import type { Judged, Scene } from "./judged.ts";

const titleCharactersMax = 60;

/** Who would send a case's statement, and when. */
export const sceneOf = (one: Case, document: Document, now: UnixMs): Scene => ({
  document,
  principal: { id: one.as, name: one.as, groups: one.groups, kind: "person" },
  resource: one.on,
  session: { id: "", reason: one.reason ?? null, ticket: one.ticket ?? null, openedAt: now },
  texts: [{ sql: one.sql, at: one.at === undefined ? now : Date.parse(one.at) }],
});

/** A case beside what came of it; no `differences`: it passed. */
export function resultOf(one: Case, { decision, columns, leaks }: Judged, number: number) {
  const shown = columns.map(({ name, rule }) => ({ name, rule }));
  const found = differences(one.expect, { decision, columns: shown });
  const passed = found.length === 0;
  return {
    id: number,
    name: one.name ?? cut(one.sql.replace(/\s+/g, " ").trim()),
    line: one.line,
    passed,
    as: one.as,
    on: one.on,
    verdict: decision.verdict,
    rules: decision.rules,
    columns: shown,
    differences: passed ? [] : [...found, ...leaks],
  };
}

export type CaseResult = ReturnType<typeof resultOf>;

function cut(sql: string): string {
  const characters = [...sql];
  if (characters.length <= titleCharactersMax) return sql;
  return `${characters.slice(0, titleCharactersMax - 1).join("")}…`;
}
