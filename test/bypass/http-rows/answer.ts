import type { Told } from "../../support/http-upstream.ts";

/**
 *   shows     the answer comes whole, and its body is exactly `shows`
 *   refused   the gate answers 502 in its own words; nothing of the service's answer comes
 *   cut       the answer breaks off, and what has come of it holds nothing that is masked
 */
export type AnswerRow = {
  readonly about: string;
  readonly told: Told;
  readonly expect: "shows" | "refused" | "cut" | "refused or cut";
  /** The decoded body. */
  readonly shows?: string | Buffer;
  readonly status?: number;
  /** Values of these headers, null where there must be none. */
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly method?: string;
  readonly ask?: Readonly<Record<string, string>>;
};

/** A masked field, one that a detector finds, and one that shows. */
export const VALUE = "Kestrelux-4471";
export const SSN = "536-90-4399";

export const typed = (type: string, ...pieces: (string | Buffer)[]): Told => ({
  headers: [["content-type", type]],
  pieces,
});

export const json = (...pieces: (string | Buffer)[]): Told => typed("application/json", ...pieces);

type Bodies = readonly (readonly [about: string, told: Told, shows: string | Buffer])[];

export const shows = (list: Bodies): readonly AnswerRow[] =>
  list.map(([about, told, body]) => ({ about, told, expect: "shows", shows: body }));

export const hides = (
  what: Exclude<AnswerRow["expect"], "shows">,
  list: readonly (readonly [about: string, told: Told])[],
): readonly AnswerRow[] => list.map(([about, told]) => ({ about, told, expect: what }));
