import type { Ballot } from "./queries.ts";

/** An answer that waits in this tab while its author signs in again; nobody else finds it. */
const keyOf = (review: string, name: string): string => `sluice.answer.${review}.${name}`;

export const keepAnswer = (review: string, name: string, ballot: Ballot): void =>
  sessionStorage.setItem(keyOf(review, name), JSON.stringify(ballot));

export const forgetAnswer = (review: string, name: string): void =>
  sessionStorage.removeItem(keyOf(review, name));

export function keptAnswer(review: string, name: string): Ballot | null {
  const kept = sessionStorage.getItem(keyOf(review, name));
  return kept === null ? null : (JSON.parse(kept) as Ballot);
}
