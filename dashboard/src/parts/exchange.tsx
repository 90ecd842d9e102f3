import { curlOf, statusInWords } from "../../../core/protocols/http/seen.ts";
import type { Body } from "../bodies.ts";
import type { ExchangeEntry } from "../exchanges.ts";
import { useSignedIn } from "../queries.ts";
import { counted, duration, listed } from "../words.ts";
import { BodyView } from "./body.tsx";
import { CopyButton } from "./copy.tsx";
import { Exact } from "./exact.tsx";
import { Request, sized } from "./request.tsx";
import { Visible } from "./statement.tsx";
import { Decided, VERDICT_LOOKS } from "./steps.tsx";
import { MessageCounts, Messages } from "./messages.tsx";
import { Time } from "./time.tsx";

/** What is looked at, and where. */
export type Place = {
  /** The session's id. */
  readonly id: string;
  readonly resource: string;
};

type EntryProps = { readonly entry: ExchangeEntry };

/** One exchange on a line: what was asked, what came of it, and how long that took. */
export function ExchangeLine({ entry }: EntryProps) {
  const { exchange, decided, messages } = entry;
  const { request, command, wholeMs, maskedValues, bytes, notes } = exchange;
  const unread = notes[0] ?? `request ${command}, which is not shown`;
  return (
    <>
      <span className="flex min-w-0 flex-wrap items-baseline gap-x-2 gap-y-1">
        {request !== null && (
          <span className="font-mono text-sm font-semibold">{request.method}</span>
        )}
        <code className="min-w-0 flex-1 text-start font-mono text-sm wrap-anywhere">
          <Visible text={clipped(request?.target ?? unread)} />
        </code>
        <Status entry={entry} />
      </span>
      <span className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
        <Time at={exchange.at} />
        {decided !== null && decided.verdict !== "allowed" && (
          <span className={`chip ${VERDICT_LOOKS[decided.verdict]}`}>{decided.verdict}</span>
        )}
        {decided !== null && decided.rules.length > 0 && <span>rule {listed(decided.rules)}</span>}
        {wholeMs !== null && <span>{duration(wholeMs)}</span>}
        {messages !== null && <MessageCounts messages={messages} />}
        {bytes > 0 && <span>{sized(bytes)}</span>}
        {maskedValues > 0 && (
          <span className="chip chip-accent">{counted(maskedValues, "value")} masked</span>
        )}
      </span>
    </>
  );
}

/** On a line of a list; all of it stands where the exchange is open. */
const targetCharactersMax = 300;
const clipped = (text: string): string =>
  text.length > targetCharactersMax ? `${text.slice(0, targetCharactersMax)}…` : text;

const STATUS_LOOKS = ["", "", "chip-good", "chip-accent", "chip-warn", "chip-danger"] as const;

/** Of the codes that the gateway and the protocol have for trouble (RFC 6455 section 7.4.1). */
const TROUBLE = /^closed with 10(?!00|01|05)/;

function Status({ entry: { exchange } }: EntryProps) {
  const { response, end } = exchange;
  const said = statusInWords(exchange);
  const isShort = end === "left" || end === "broken off" || TROUBLE.test(said);
  const look = STATUS_LOOKS[Math.floor((response?.status ?? 0) / 100)] ?? "";
  return <span className={`chip ${isShort ? "chip-danger" : look}`}>{said}</span>;
}

type DetailProps = EntryProps &
  Place & {
    readonly body: Body | undefined;
    /** As it was when that record had been written. */
    readonly upTo?: number;
    /** Of a WebSocket's messages the last so many; absent: from the first on. */
    readonly last?: number | undefined;
  };

/** All that is known of one exchange. */
export function ExchangeDetail({ entry, id, resource, body, upTo, last }: DetailProps) {
  const { exchange, decided, messages } = entry;
  const { roles } = useSignedIn();
  const mayOpen = roles.includes("auditor") || roles.includes("admin");
  const base = `${location.origin}/http/${resource}`;
  const asks = messages === null ? exchange.request : null;
  const curl = asks === null ? null : curlOf(asks, base);
  return (
    <div className="grid min-w-0 grid-cols-1 gap-3">
      {decided !== null && (
        <>
          {decided.waitedMs !== null && (
            <p className="text-sm text-muted">waited {duration(decided.waitedMs)} for people</p>
          )}
          <Decided step={decided} />
          <Request text={decided.shown} label={`Request ${decided.command}`} />
          <div className="flex flex-wrap items-center gap-3">
            {curl !== null && <CopyButton text={curl} words="Copy as curl" look="button-small" />}
            {mayOpen && upTo === undefined && <Exact id={id} seq={decided.seq} of="request" />}
          </div>
        </>
      )}
      {exchange.notes.map((note) => (
        <p key={note} className="text-sm break-words">
          <Visible text={note} />
        </p>
      ))}
      {decided !== null && decided.failure !== null && (
        <p className="text-sm text-danger">failed: {decided.failure.says}</p>
      )}
      {exchange.response !== null && <Response entry={entry} response={exchange.response} />}
      {messages === null && (exchange.response !== null || exchange.bytes > 0) && (
        <BodyView id={id} exchange={exchange} body={body} upTo={upTo} />
      )}
      {messages !== null && (
        <Messages
          id={id}
          exchange={exchange}
          messages={messages}
          body={body}
          upTo={upTo}
          last={last}
          mayOpen={mayOpen && upTo === undefined}
        />
      )}
    </div>
  );
}

type ResponseProps = EntryProps & {
  readonly response: NonNullable<ExchangeEntry["exchange"]["response"]>;
};

/** The answer's head, as the client got it. */
function Response({ entry: { exchange, messages }, response: { status, headers } }: ResponseProps) {
  const { firstMs, wholeMs, masked, found } = exchange;
  const [begun, over] = messages === null ? ["its first byte", "whole"] : ["open", "closed"];
  return (
    <>
      <p className="flex flex-wrap gap-x-3 text-sm">
        <span className="font-semibold">Answer {status}</span>
        {firstMs !== null && (
          <span className="text-muted">
            {begun} after {duration(firstMs)}
          </span>
        )}
        {wholeMs !== null && (
          <span className="text-muted">
            {over} after {duration(wholeMs)}
          </span>
        )}
        {masked.map(({ rule, cells }) => (
          <span key={rule} className="text-muted">
            {counted(cells, "value")} masked by {rule}
          </span>
        ))}
        {found.map(({ kind, count }) => (
          <span key={kind} className="text-muted">
            {counted(count, "value")} masked as {kind}
          </span>
        ))}
      </p>
      {headers.length > 0 && (
        <table className="headers text-sm" aria-label={`Headers of answer ${exchange.command}`}>
          <tbody>
            {headers.map(([name, value], index) => (
              <tr key={index}>
                <th scope="row">
                  <Visible text={name} />
                </th>
                <td>
                  <Visible text={value} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
