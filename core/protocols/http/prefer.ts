/*
 * The preferences of a request (RFC 7240) that are for the gateway. The others are the service's.
 */

export type Prefer = {
  /**
   * Seconds that the client's connection waits before it is told to come again; null: it asked for
   * nothing of the kind.
   */
  readonly laterSeconds: number | null;
  /** What is left of the header for the service; null: nothing. */
  readonly rest: string | null;
};

/**
 * `value`: of all the headers of that name, joined by commas. `wait` alone says nothing to the
 * gateway: a request that is held waits for as long as its rule lets it (RFC 7240 section 4.3).
 */
export function readPrefer(value: string | null): Prefer {
  const all = value === null ? [] : preferencesOf(value);
  const async = all.some((one) => nameOf(one) === "respond-async");
  if (!async) return { laterSeconds: null, rest: value };
  // Of two of one name the first counts (section 2).
  const wait = all.find((one) => nameOf(one) === "wait") ?? "";
  const [, seconds = "0"] = /=[\t ]*"?(\d{1,9})"?[\t ]*(?:;|$)/.exec(wait) ?? [];
  const rest = all.filter((one) => !["respond-async", "wait"].includes(nameOf(one)));
  return { laterSeconds: Number(seconds), rest: rest.length === 0 ? null : rest.join(", ") };
}

/** A comma in a quoted value divides nothing. */
const preferencesOf = (value: string): string[] =>
  (value.match(/(?:"(?:[^"\\]|\\.)*"?|[^",])+/g) ?? [])
    .map((one) => one.trim())
    .filter((one) => one !== "");

const nameOf = (preference: string): string =>
  (/^[^=;\t ]*/.exec(preference)?.[0] ?? "").toLowerCase();
