import { type ReactNode, useId, useMemo, useState } from "react";
import type { RecordView } from "../../../core/api/record.ts";
import { type Entry, entriesOf, type ExchangeEntry, isOf, mentions } from "../exchanges.ts";
import type { Known } from "../recording.ts";
import { counted } from "../words.ts";
import { ExchangeDetail, ExchangeLine, type Place } from "./exchange.tsx";
import { Visible } from "./statement.tsx";
import { Time } from "./time.tsx";
import { Entries } from "./timeline.tsx";

type ExchangesProps = Place & { readonly known: Known; readonly isWatched: boolean };

/** Of a WebSocket that is open: they are drawn anew with each. */
const watchedMessagesMax = 100;

/** Requests and their answers, in the order in which they began; each opens where it stands. */
export function Exchanges({ known, isWatched, ...place }: ExchangesProps) {
  const [words, setWords] = useState("");
  const { facts, bodies } = known;
  const all = useMemo(() => entriesOf(facts), [facts]);
  const bodyOf = (entry: Entry) =>
    entry.is === "event" ? undefined : bodies.get(entry.exchange.command);
  const found = all.filter((entry) => mentions(entry, bodyOf(entry), words));
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-line px-4 py-3">
        <label className="flex min-w-0 flex-1 items-center gap-2 text-sm">
          Search
          <input
            type="search"
            className="field min-w-0"
            autoComplete="off"
            spellCheck={false}
            value={words}
            onChange={({ target }) => setWords(target.value)}
          />
        </label>
        <p role="status" className="text-sm text-muted">
          {words.trim() === ""
            ? counted(all.filter(({ is }) => is === "exchange").length, "exchange")
            : `${counted(found.length, "entry", "entries")} of ${all.length.toLocaleString("en")}`}
        </p>
      </div>
      <Entries known={known} entries={found} isWatched={isWatched} keyOf={keyOf}>
        {(entry) =>
          entry.is === "event" ? (
            <EventLine entry={entry} />
          ) : (
            <Opening entry={entry}>
              <ExchangeDetail
                entry={entry}
                body={bodyOf(entry)}
                last={isWatched ? watchedMessagesMax : undefined}
                {...place}
              />
            </Opening>
          )
        }
      </Entries>
    </>
  );
}

const keyOf = (entry: Entry): string =>
  entry.is === "event" ? `event ${entry.seq}` : `exchange ${entry.exchange.command}`;

const EventLine = ({ entry }: { readonly entry: Exclude<Entry, ExchangeEntry> }) => (
  <p className="flex min-w-0 flex-wrap gap-x-3 text-sm text-muted">
    <Time at={entry.at} />
    <span className="min-w-0 break-words whitespace-pre-wrap">
      <Visible text={entry.says} />
    </span>
  </p>
);

type OpeningProps = { readonly entry: ExchangeEntry; readonly children: ReactNode };

function Opening({ entry, children }: OpeningProps) {
  const [isOpen, setOpen] = useState(false);
  const place = useId();
  return (
    <>
      <button
        type="button"
        className="exchange"
        aria-expanded={isOpen}
        aria-controls={place}
        onClick={() => setOpen(!isOpen)}
      >
        <ExchangeLine entry={entry} />
      </button>
      <div id={place} className="min-w-0 empty:hidden">
        {isOpen && children}
      </div>
    </>
  );
}

/** What began before is shown above the present one, the last of them; messages likewise. */
const beforeMax = 8;

type MomentProps = Place & {
  readonly known: Known;
  readonly until: readonly RecordView[];
  readonly moment: RecordView;
};

/** The exchanges as they stood at a moment, the moment's own open, its body as long as it was. */
export function ExchangesAt({ known, until, moment, ...place }: MomentProps) {
  const { command } = moment;
  const all = entriesOf(command === 0 ? [moment] : until);
  const present =
    command === 0
      ? all.at(-1)
      : all.find((entry) => entry.is === "exchange" && isOf(entry, command));
  const before = all.filter(
    (entry): entry is ExchangeEntry => entry.is === "exchange" && entry !== present,
  );
  return (
    <>
      {before.length > 0 && (
        <ol aria-label="Other exchanges by then" className="divide-y divide-line">
          {before.slice(-beforeMax).map((entry) => (
            <li key={entry.exchange.command} className="grid min-w-0 gap-1 py-2">
              <ExchangeLine entry={entry} />
            </li>
          ))}
        </ol>
      )}
      {present?.is === "event" && <EventLine entry={present} />}
      {present?.is === "exchange" && (
        <div className="grid min-w-0 gap-2">
          <ExchangeLine entry={present} />
          <ExchangeDetail
            entry={present}
            body={known.bodies.get(present.exchange.command)}
            upTo={moment.seq}
            last={beforeMax}
            {...place}
          />
        </div>
      )}
    </>
  );
}
