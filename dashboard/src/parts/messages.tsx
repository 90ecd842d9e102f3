import type { ReactNode } from "react";
import { utf8 } from "../../../core/bytes.ts";
import type { Exchange } from "../../../core/protocols/http/seen.ts";
import { lookOf } from "../../../core/protocols/http/seen-body.ts";
import type { Body } from "../bodies.ts";
import type { Message, ReceivedMessage, SentMessage } from "../exchanges.ts";
import type { Verdict } from "../timeline.ts";
import { counted, duration, listed } from "../words.ts";
import { Rest, useParts } from "./body.tsx";
import { Exact } from "./exact.tsx";
import { LookView } from "./look.tsx";
import { sized } from "./request.tsx";
import { useShown } from "./shown.tsx";
import { Visible } from "./statement.tsx";
import { Decided, VERDICT_LOOKS } from "./steps.tsx";
import { Time } from "./time.tsx";

/** What somebody looks for on the line of a WebSocket. */
const TELLING = ["waiting", "approved", "blocked", "refused"] as const;

/** How many messages there are, each way, and what became of those that were not just allowed. */
export function MessageCounts({ messages }: { readonly messages: readonly Message[] }) {
  const sent = messages.filter((one) => one.is === "sent");
  const received = messages.length - sent.length;
  const met = Map.groupBy(sent, verdictOf);
  return (
    <>
      <span>WebSocket</span>
      {TELLING.filter((verdict) => met.has(verdict)).map((verdict) => (
        <span key={verdict} className={`chip ${VERDICT_LOOKS[verdict]}`}>
          {met.get(verdict)?.length} {verdict}
        </span>
      ))}
      {sent.length > 0 && <span>{counted(sent.length, "message")} of the client</span>}
      {received > 0 && <span>{counted(received, "message")} of the service</span>}
    </>
  );
}

/** One that was refused unread has no decision. */
const verdictOf = ({ decided }: SentMessage): Verdict => decided?.verdict ?? "refused";

type MessagesProps = {
  /** The session's id. */
  readonly id: string;
  /** What opened the WebSocket. */
  readonly exchange: Exchange;
  readonly messages: readonly Message[];
  readonly body: Body | undefined;
  /** As it was when that record had been written. */
  readonly upTo: number | undefined;
  /** The last so many; absent: from the first on. */
  readonly last: number | undefined;
  /** Whether the exact messages of the client may be asked for. */
  readonly mayOpen: boolean;
};

/** What was said on a WebSocket, in the order of the records. */
export function Messages({ exchange, messages, last, ...more }: MessagesProps) {
  const { shown, more: button } = useShown(messages.length);
  const first = last === undefined ? 0 : Math.max(0, messages.length - last);
  const here = messages.slice(first, last === undefined ? shown : undefined);
  if (here.length === 0) return <p className="text-sm text-muted">No message is recorded.</p>;
  return (
    <>
      {first > 0 && <p className="text-sm text-muted">{counted(first, "message")} before these.</p>}
      <List exchange={exchange} messages={here} first={first} {...more} />
      {last === undefined && button}
    </>
  );
}

type ListProps = Omit<MessagesProps, "last"> & {
  /** So many messages come before these. */
  readonly first: number;
};

function List({ id, exchange, messages, first, body, upTo, mayOpen }: ListProps) {
  const { parts, ...reading } = useParts({ id, exchange, body, upTo });
  const bytes = new Map([...parts, ...(body?.parts ?? [])].map((part) => [part.seq, part.bytes]));
  const received = messages.filter((one) => one.is === "received");
  const here = received.reduce((sum, { seq }) => sum + (bytes.get(seq)?.length ?? 0), 0);
  const of = received.reduce((sum, one) => sum + one.bytes, 0);
  return (
    <>
      <ol aria-label={`Messages of exchange ${exchange.command}`} className="grid min-w-0 gap-4">
        {messages.map((one, index) => {
          const label = `Message ${first + index + 1} of exchange ${exchange.command}`;
          return (
            <li key={one.seq} className="grid min-w-0 gap-1">
              {one.is === "received" ? (
                <Received message={one} bytes={bytes.get(one.seq)} label={label} />
              ) : (
                <Sent message={one} isOver={exchange.end !== "under way"} label={label}>
                  {mayOpen && one.decided !== null && (
                    <Exact id={id} seq={one.decided.seq} of="message" />
                  )}
                </Sent>
              )}
            </li>
          );
        })}
      </ol>
      <Rest
        says={here === 0 ? "None" : sized(here)}
        here={here}
        bytes={of}
        isNow={upTo === undefined}
        {...reading}
      />
    </>
  );
}

type SentProps = {
  readonly message: SentMessage;
  /** The WebSocket has ended. */
  readonly isOver: boolean;
  readonly label: string;
  readonly children: ReactNode;
};

function Sent({ message, isOver, label, children }: SentProps) {
  const { exchange, decided } = message;
  const { request, notes, end } = exchange;
  const verdict = verdictOf(message);
  const isLost = isOver && end !== "whole" && /^(?:allowed|approved)$/.test(verdict);
  return (
    <>
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
        <span className="font-semibold">Client</span>
        <Time at={exchange.at} />
        <span className={`chip ${VERDICT_LOOKS[verdict]}`}>{verdict}</span>
        {decided !== null && decided.rules.length > 0 && (
          <span className="text-muted">rule {listed(decided.rules)}</span>
        )}
        {decided !== null && decided.waitedMs !== null && (
          <span className="text-muted">waited {duration(decided.waitedMs)} for people</span>
        )}
        {isLost && <span className="text-danger">not delivered</span>}
      </p>
      {notes.map((note) => (
        <p key={note} className="text-sm break-words">
          <Visible text={note} />
        </p>
      ))}
      {decided !== null && <Decided step={decided} />}
      {request !== null && <Said bytes={utf8(request.body)} told={request.told} label={label} />}
      {children}
    </>
  );
}

type ReceivedProps = {
  readonly message: ReceivedMessage;
  readonly bytes: Uint8Array | undefined;
  readonly label: string;
};

const Received = ({ message: { at, bytes: length }, bytes, label }: ReceivedProps) => (
  <>
    <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <span className="font-semibold">Service</span>
      <Time at={at} />
      <span className="text-muted">{sized(length)}</span>
    </p>
    <Said
      bytes={bytes ?? new Uint8Array()}
      told={length > 0 && bytes === undefined ? `${sized(length)}, not loaded` : null}
      label={label}
    />
  </>
);

type SaidProps = {
  readonly bytes: Uint8Array;
  /** In their stead, where they are only told of. */
  readonly told: string | null;
  readonly label: string;
};

function Said({ bytes, told, label }: SaidProps) {
  if (told !== null) return <p className="text-sm text-muted">{told}</p>;
  if (bytes.length === 0) return <p className="text-sm text-muted">an empty message</p>;
  return <LookView look={lookOf(null, bytes)} bytes={bytes} label={label} />;
}
