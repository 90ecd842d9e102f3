import { useSyncExternalStore } from "react";
import { timeLeft } from "../words.ts";

const today: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
const other: Intl.DateTimeFormatOptions = { dateStyle: "medium", timeStyle: "short" };

/** An instant in the reader's zone; the exact one in UTC on hover. */
export function Time({ at }: { readonly at: string }) {
  const instant = new Date(at);
  const isToday = instant.toDateString() === useToday();
  return (
    <time dateTime={at} title={at} className="whitespace-nowrap tabular-nums">
      {instant.toLocaleString(undefined, isToday ? today : other)}
    </time>
  );
}

const listeners = new Set<() => void>();
let ticker: ReturnType<typeof setInterval> | undefined;
let now = Date.now();
let day = new Date(now).toDateString();

function tick(): void {
  now = Date.now();
  day = new Date(now).toDateString();
  for (const listener of listeners) listener();
}

/** All clocks of the page tick together. */
function listen(listener: () => void): () => void {
  if (listeners.size === 0) {
    now = Date.now();
    day = new Date(now).toDateString();
    ticker = setInterval(tick, 1000);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) clearInterval(ticker);
  };
}

const useToday = (): string => useSyncExternalStore(listen, () => day);

/** Milliseconds since 1970, anew each second. */
export const useNow = (): number => useSyncExternalStore(listen, () => now);

const urgentMs = 60_000;

export function TimeLeft({ until }: { readonly until: string }) {
  const milliseconds = Date.parse(until) - useNow();
  const left = timeLeft(milliseconds);
  if (left === null) return <span className="chip">time is over</span>;
  return (
    <time dateTime={until} title={until} className={chipFor(milliseconds)}>
      <span className="tabular-nums">{left}</span>&nbsp;left
    </time>
  );
}

const chipFor = (milliseconds: number): string =>
  `chip ${milliseconds < urgentMs ? "chip-danger" : "chip-warn"}`;
