import type { RecordView } from "../../core/api/record.ts";
import { text } from "../../core/bytes.ts";
import { type Exchange, exchangeOf } from "../../core/protocols/http/seen.ts";
import { type Body, bytesUpTo } from "./bodies.ts";
import { type Step, timeline } from "./timeline.ts";

type Event = Extract<Step, { is: "event" }>;
type Decided = Extract<Step, { is: "command" }>;

/** `decided`: what became of the command before it went; null: its record is not here. */
export type ExchangeEntry = {
  readonly is: "exchange";
  readonly exchange: Exchange;
  readonly decided: Decided | null;
};
export type Entry = Event | ExchangeEntry;

/** What happened to the session, and its exchanges in the order in which they began. */
export function entriesOf(facts: readonly RecordView[]): Entry[] {
  const groups = Map.groupBy(facts, ({ command, seq }) => (command === 0 ? `0 ${seq}` : command));
  return [...groups.values()].flatMap((own): readonly Entry[] =>
    own[0]?.command === 0 ? timeline(own).filter((step) => step.is === "event") : [entryOf(own)],
  );
}

/** Of one command's records. */
export function entryOf(own: readonly RecordView[]): ExchangeEntry {
  const decided = timeline(own).find((step) => step.is === "command") ?? null;
  return { is: "exchange", exchange: exchangeOf(own), decided };
}

/**
 * Whether the words stand in the request, in a header of the answer or in what is kept of its body,
 * as it was sent: one in a content coding is not unpacked for it. Cases do not count.
 */
export function mentions(entry: Entry, body: Body | undefined, words: string): boolean {
  const wanted = words.trim().toLowerCase();
  return wanted === "" || saidBy(entry, body).some((said) => said.toLowerCase().includes(wanted));
}

function saidBy(entry: Entry, body: Body | undefined): readonly string[] {
  if (entry.is === "event") return [entry.says];
  const { exchange, decided } = entry;
  const { response } = exchange;
  return [
    decided?.shown ?? "",
    decided?.verdict ?? "",
    ...(decided?.rules ?? []),
    ...exchange.notes,
    ...(response === null ? [] : [String(response.status)]),
    ...(response?.headers ?? []).map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined ? [] : [text(bytesUpTo(body))]),
  ];
}
