import type { RecordView } from "../../core/api/record.ts";
import { text } from "../../core/bytes.ts";
import { type Exchange, exchangeOf, isSocket, openingsIn } from "../../core/protocols/http/seen.ts";
import { type Body, bytesOf } from "./bodies.ts";
import { type Step, timeline } from "./timeline.ts";

type Event = Extract<Step, { is: "event" }>;
type Decided = Extract<Step, { is: "command" }>;

/** `decided`: what became of the command before it went; null: its record is not here. */
type Decision = { readonly exchange: Exchange; readonly decided: Decided | null };

/** A message of the client's, which is a command of its own. */
export type SentMessage = Decision & { readonly is: "sent"; readonly seq: number };
/** A message of the service's, as the client got it: the record of its bytes. */
export type ReceivedMessage = {
  readonly is: "received";
  readonly seq: number;
  readonly at: string;
  readonly bytes: number;
};
export type Message = SentMessage | ReceivedMessage;

export type ExchangeEntry = Decision & {
  readonly is: "exchange";
  /** Of a WebSocket that it opened, in the order of their records; null: it opened none. */
  readonly messages: readonly Message[] | null;
};
export type Entry = Event | ExchangeEntry;

type Records = readonly RecordView[];

/**
 * What happened to the session, and its exchanges in the order in which they began. A message that
 * names no WebSocket, or one whose opening is not among the facts, is an entry of its own.
 */
export function entriesOf(facts: Records): Entry[] {
  const groups = Map.groupBy(facts, ({ command, seq }) => (command === 0 ? -seq : command));
  const openings = openingsIn(facts);
  const opening = (command: number): number => {
    const named = openings.get(command) ?? 0;
    return groups.has(named) ? named : 0;
  };
  const sent = Map.groupBy(groups.keys(), opening);
  return [...groups].flatMap(([command, own]): readonly Entry[] => {
    if (command < 0) return timeline(own).filter((step) => step.is === "event");
    if (opening(command) > 0) return [];
    const decision = decisionOf(own);
    const said = sent.get(command) ?? (isSocket(decision.exchange) ? [] : null);
    const messages = said?.map((each) => groups.get(each) ?? []) ?? null;
    return [{ is: "exchange", ...decision, messages: messages && messagesOf(own, messages) }];
  });
}

function messagesOf(opening: Records, sent: readonly Records[]): readonly Message[] {
  const received = opening.flatMap(({ seq, at, kind, fact }): readonly Message[] =>
    kind === "toClient" ? [{ is: "received", seq, at, bytes: Number(fact["length"]) || 0 }] : [],
  );
  const all = sent.map((own): Message => {
    const decision = decisionOf(own);
    return { is: "sent", seq: decision.exchange.seq, ...decision };
  });
  return [...received, ...all].toSorted((a, b) => a.seq - b.seq);
}

/** One that is decided again, under another policy, stands as it was decided last. */
function decisionOf(own: Records): Decision {
  const decided = timeline(own).findLast((step) => step.is === "command") ?? null;
  return { exchange: exchangeOf(own), decided };
}

/** Whether the command is the entry's own, or a message's on its WebSocket. */
export const isOf = ({ exchange, messages }: ExchangeEntry, command: number): boolean =>
  exchange.command === command ||
  (messages ?? []).some((one) => one.is === "sent" && one.exchange.command === command);

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
  const { response } = entry.exchange;
  return [
    ...askedBy(entry),
    ...(entry.messages ?? []).flatMap((one) => (one.is === "sent" ? askedBy(one) : [])),
    ...(response === null ? [] : [String(response.status)]),
    ...(response?.headers ?? []).map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined ? [] : [text(bytesOf(body.parts))]),
  ];
}

const askedBy = ({ exchange, decided }: Decision): readonly string[] => [
  decided?.shown ?? "",
  decided?.verdict ?? "",
  ...(decided?.rules ?? []),
  ...exchange.notes,
];
