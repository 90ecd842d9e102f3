import type { SessionView } from "../../core/api/session.ts";
import type { Verdict } from "../../core/recording/findable.ts";

/** What a session may have met, in the order in which it is offered. */
export const VERDICTS = {
  blocked: "something was blocked",
  held: "something was held",
  approved: "something was approved",
  rejected: "something was rejected",
  expired: "a question expired",
  withdrawn: "a question was withdrawn",
  masked: "something was masked",
} as const satisfies Readonly<Record<Verdict, string>>;

/** How far back: days, today among them; `range` goes by `since` and `until`. */
export const WHENS = {
  today: "today",
  "7-days": "the last 7 days",
  "30-days": "the last 30 days",
  range: "between two days",
} as const;
type When = keyof typeof WHENS;
const DAYS_BACK: Readonly<Record<When, number>> = {
  today: 0,
  "7-days": 6,
  "30-days": 29,
  range: 0,
};

/** Part of the address, so that a list can be sent to somebody. What is absent does not matter. */
export type SessionFilters = {
  readonly text?: string;
  readonly state?: SessionView["state"];
  readonly when?: When;
  /** Days of the reader's zone, `2026-11-25`; both are within. */
  readonly since?: string;
  readonly until?: string;
  readonly principal?: string;
  readonly resource?: string;
  readonly verdict?: Verdict;
  readonly rule?: string;
  readonly object?: string;
};

const among = <T extends string>(names: Readonly<Record<T, unknown>>, text: string): text is T =>
  Object.hasOwn(names, text);
const STATES = { live: "live", ended: "ended" } as const;
const isDay = (text: string) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));

/** Of an address or a form; what means nothing is left out. */
export function filtersOf(given: Readonly<Record<string, unknown>>): SessionFilters {
  const said = (name: keyof SessionFilters): string => {
    const value = given[name];
    // The router reads a word that looks like a number as one.
    return typeof value === "string" || typeof value === "number" ? String(value).trim() : "";
  };
  const [state, when, verdict] = [said("state"), said("when"), said("verdict")];
  const words = (["text", "principal", "resource", "rule", "object"] as const).flatMap((name) =>
    said(name) === "" ? [] : [[name, said(name)]],
  );
  const days = (["since", "until"] as const).flatMap((name) =>
    when === "range" && isDay(said(name)) ? [[name, said(name)]] : [],
  );
  return {
    ...(Object.fromEntries([...words, ...days]) as SessionFilters),
    ...(among(STATES, state) && { state }),
    ...(among(WHENS, when) && { when }),
    ...(among(VERDICTS, verdict) && { verdict }),
  };
}

/** What the gateway is asked: the same all day long. */
export function sessionsAsked(
  { when, since, until, ...others }: SessionFilters,
  now: Date,
): Readonly<Record<string, string>> {
  const first = since === undefined ? null : startOf(since);
  const last = until === undefined ? null : startOf(until);
  const [from, to] = when === "range" ? [first, last] : [when && midnight(now), null];
  return {
    ...others,
    ...(from && { from: daysLater(from, when === undefined ? 0 : -DAYS_BACK[when]) }),
    ...(to && { to: daysLater(to, 1) }),
  };
}

/** The reader's midnight before that day. */
function startOf(day: string): Date {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date);
}
const midnight = (at: Date): Date => new Date(at.getFullYear(), at.getMonth(), at.getDate());

/** By the calendar: some days have 23 hours. */
const daysLater = (day: Date, days: number): string =>
  new Date(day.getFullYear(), day.getMonth(), day.getDate() + days).toISOString();

/** Each filter in words, and what is left without it. */
export function filtersInWords(
  filters: SessionFilters,
): readonly { readonly words: string; readonly without: SessionFilters }[] {
  const { since, until, when, ...others } = filters;
  const inRange = [since && `from ${since}`, until && `to ${until}`].filter(Boolean).join(" ");
  const time = when === "range" ? inRange || null : when && WHENS[when];
  const named = Object.entries(others) as [keyof typeof others, string][];
  return [
    ...named.map(([name, value]) => {
      const { [name]: _, ...without } = filters;
      return { words: sayings[name](value), without };
    }),
    ...(time ? [{ words: time, without: others }] : []),
  ];
}

const sayings: Readonly<
  Record<Exclude<keyof SessionFilters, "when" | "since" | "until">, (value: string) => string>
> = {
  text: (text) => `says ${text}`,
  state: (state) => state,
  principal: (name) => `by ${name}`,
  resource: (name) => `on ${name}`,
  verdict: (verdict) => VERDICTS[verdict as Verdict],
  rule: (id) => `rule ${id}`,
  object: (name) => `names ${name}`,
};

/** Whether it takes the index, which knows what has been shipped. */
export const isSearch = ({ text, verdict, rule, object }: SessionFilters): boolean =>
  [text, verdict, rule, object].some((part) => part !== undefined);
