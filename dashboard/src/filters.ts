/** What stands in the addresses of pages, and what the pages make of it. */

export const SPANS = ["today", "yesterday", "week"] as const;
export type Span = (typeof SPANS)[number];

export const isSpan = (value: unknown): value is Span => SPANS.some((span) => span === value);

/** From midnight to midnight where the reader is; the last one has not come yet. */
export function boundsOf(span: Span, now: Date): { readonly from: string; readonly to: string } {
  const midnight = (days: number) =>
    new Date(now.getFullYear(), now.getMonth(), now.getDate() + days).toISOString();
  const [from, to] = { today: [0, 1], yesterday: [-1, 0], week: [-6, 1] }[span] as [number, number];
  return { from: midnight(from), to: midnight(to) };
}

export type AuditFilters = {
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
  readonly outcome?: "done" | "denied";
  readonly from?: string;
  readonly to?: string;
};

/** What is none of them is left out. */
export function auditFiltersIn(given: Record<string, unknown>): AuditFilters {
  const text = (name: "actor" | "action" | "subject") => {
    const value = given[name];
    return typeof value === "string" && value.trim() !== "" && { [name]: value.trim() };
  };
  const instant = (name: "from" | "to") => {
    const value = given[name];
    const at = typeof value === "string" ? new Date(value) : null;
    return at !== null && !Number.isNaN(at.getTime()) && { [name]: at.toISOString() };
  };
  const { outcome } = given;
  return {
    ...text("actor"),
    ...text("action"),
    ...text("subject"),
    ...((outcome === "done" || outcome === "denied") && { outcome }),
    ...instant("from"),
    ...instant("to"),
  };
}

/** An instant as `<input type="datetime-local">` has it: the reader's own clock. */
export function localInput(instant: string | undefined): string {
  if (instant === undefined) return "";
  const at = new Date(instant);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
