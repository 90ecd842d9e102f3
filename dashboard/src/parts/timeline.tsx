import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { LiveState } from "../live.ts";
import type { Known } from "../recording.ts";
import { counted } from "../words.ts";
import { Replay, type Stage } from "./replay.tsx";
import { Empty, Loading, Trouble } from "./states.tsx";

type TimelineProps = {
  readonly known: Known;
  readonly more: () => void;
  /** Null: the session is over. */
  readonly watch: Watch | null;
  /** All that happened. */
  readonly renderList: (isWatched: boolean) => ReactNode;
  /** One moment of it. */
  readonly renderMoment: Stage;
};

export type Watch = {
  readonly state: LiveState | "off";
  readonly turn: () => void;
};

/** What happened, in its order; or the same once more, moment by moment. */
export function Timeline({ known, more, watch, renderList, renderMoment }: TimelineProps) {
  const [replays, setReplays] = useState(false);
  const { facts, error, reads } = known;
  const first = facts.length === 0 && error === null && (reads || !known.caughtUp);
  const isWatched = watch !== null && watch.state !== "off";
  const follows = watch === null ? !known.caughtUp : !isWatched;
  return (
    <section aria-labelledby="timeline" className="card min-w-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-line px-4 py-3">
        <h2 id="timeline" className="text-lg font-bold">
          Timeline
        </h2>
        <p className="text-sm text-muted">To read a recording is itself written down.</p>
        <div className="ml-auto flex flex-wrap items-center gap-2">
          {watch !== null && <WatchButton {...watch} />}
          {facts.length > 0 && (
            <button
              type="button"
              className="button"
              aria-pressed={replays}
              onClick={() => setReplays(!replays)}
            >
              {replays ? "Show all" : "Replay"}
            </button>
          )}
        </div>
      </div>
      {first && <Loading />}
      {error !== null && <Trouble error={error} retry={more} />}
      {facts.length === 0 && known.caughtUp && <Empty title="Nothing is recorded yet." />}
      {replays ? <Replay facts={facts} renderMoment={renderMoment} /> : renderList(isWatched)}
      {follows && !first && error === null && (
        <More reads={reads} more={more}>
          {replays && "The replay ends where the page has read to."}
        </More>
      )}
    </section>
  );
}

type MoreProps = {
  readonly reads: boolean;
  readonly more: () => void;
  readonly children: ReactNode;
};

const More = ({ reads, more, children }: MoreProps) => (
  <div className="grid justify-items-center gap-2 border-t border-line p-3">
    {children !== false && <p className="text-sm text-muted">{children}</p>}
    <button type="button" className="button" disabled={reads} onClick={more}>
      {reads ? "Loading" : "Show what follows"}
    </button>
  </div>
);

const WATCHES: Readonly<Record<Watch["state"], readonly [words: string, look: string]>> = {
  connecting: ["connecting", "chip-warn"],
  live: ["watching", "chip-good"],
  lost: ["line lost", "chip-danger"],
  off: ["not watching", ""],
};

function WatchButton({ state, turn }: Watch) {
  const [words, look] = WATCHES[state];
  return (
    <>
      <span role="status" className={`chip ${look}`}>
        {words}
      </span>
      <button type="button" className="button" onClick={turn}>
        {state === "off" ? "Watch live" : "Stop watching"}
      </button>
    </>
  );
}

/** The whole list is drawn anew with each change. */
const watchedEntriesMax = 300;

type EntriesProps<T> = {
  readonly known: Known;
  readonly entries: readonly T[];
  readonly isWatched: boolean;
  readonly keyOf: (entry: T) => string;
  readonly children: (entry: T) => ReactNode;
};

export function Entries<T>({ known, entries, isWatched, keyOf, children }: EntriesProps<T>) {
  const shown = isWatched ? entries.slice(-watchedEntriesMax) : entries;
  useStayAtEnd(known.facts.length, isWatched);
  return (
    <>
      {isWatched && (
        <p role="status" className="sr-only">
          {counted(entries.length, "entry", "entries")}
        </p>
      )}
      {known.gone > 0 && (
        <p className="px-4 py-3 text-sm text-muted">
          {counted(known.gone, "record")} before these: this page keeps no more, the export has all.
        </p>
      )}
      {shown.length < entries.length && (
        <p className="px-4 py-3 text-sm text-muted">
          {counted(entries.length - shown.length, "entry", "entries")} before these show when you
          stop watching.
        </p>
      )}
      <ol className="divide-y divide-line" aria-label="Timeline">
        {shown.map((entry) => (
          <li key={keyOf(entry)} className="grid min-w-0 gap-2 px-4 py-3">
            {children(entry)}
          </li>
        ))}
      </ol>
    </>
  );
}

const nearEndPixels = 80;

/** Who looks at the end keeps seeing it; who reads further up is left there. */
function useStayAtEnd(length: number, on: boolean): void {
  const isAtEnd = useRef(false);
  const shown = useRef(length);
  useEffect(() => {
    const look = () => {
      const { scrollHeight } = document.documentElement;
      isAtEnd.current = innerHeight + scrollY >= scrollHeight - nearEndPixels;
    };
    look();
    addEventListener("scroll", look, { passive: true });
    return () => removeEventListener("scroll", look);
  }, []);
  useLayoutEffect(() => {
    if (shown.current === length) return;
    shown.current = length;
    if (on && isAtEnd.current) scrollTo({ top: document.documentElement.scrollHeight });
  });
}
