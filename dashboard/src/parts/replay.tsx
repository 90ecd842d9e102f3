import { type ReactNode, useEffect, useMemo, useState } from "react";
import type { RecordView } from "../../../core/api/record.ts";
import { openingsIn } from "../../../core/protocols/http/seen.ts";
import { useKeys } from "../keys.ts";
import { Time } from "./time.tsx";

/** Nobody watches a cursor blink over lunch. */
const pauseMsMax = 5_000;
const SPEEDS = [1, 2, 5, 20] as const;

/** What is to be seen at a moment: the last of the facts that are known by then. */
export type Stage = (until: readonly RecordView[], moment: RecordView) => ReactNode;

type ReplayProps = { readonly facts: readonly RecordView[]; readonly renderMoment: Stage };

/** The session again, moment by moment, at its own pace or step by step. */
export function Replay({ facts, renderMoment }: ReplayProps) {
  const { at, plays, speed, move, play, setSpeed, byCommand } = useMoments(facts);
  const openings = useMemo(() => openingsIn(facts), [facts]);
  const moment = facts[at];
  useKeys({ p: play, j: () => byCommand(1), k: () => byCommand(-1) });
  if (moment === undefined) return null;
  return (
    <div className="grid gap-3 p-4">
      <div role="group" aria-label="Replay" className="flex flex-wrap items-center gap-2">
        <button type="button" className="button" onClick={() => byCommand(-1)}>
          Previous<span className="sr-only"> command</span>
        </button>
        <button type="button" className="button button-primary min-w-24" onClick={play}>
          {plays ? "Pause" : "Play"}
        </button>
        <button type="button" className="button" onClick={() => byCommand(1)}>
          Next<span className="sr-only"> command</span>
        </button>
        <label className="flex items-center gap-2 text-sm">
          Speed
          <select
            className="field"
            value={speed}
            onChange={({ target }) => setSpeed(Number(target.value))}
          >
            {SPEEDS.map((times) => (
              <option key={times} value={times}>
                {times}×
              </option>
            ))}
          </select>
        </label>
        <span className="hidden text-sm text-muted sm:inline">
          <kbd>p</kbd> plays, <kbd>j</kbd> and <kbd>k</kbd> step
        </span>
      </div>
      <label className="grid gap-1 text-sm">
        <span>
          Moment {at + 1} of {facts.length}, <Time at={moment.at} />
        </span>
        <input
          type="range"
          className="w-full accent-accent"
          min={0}
          max={facts.length - 1}
          value={at}
          onChange={({ target }) => move(Number(target.value))}
        />
      </label>
      <div
        key={moment.command === 0 ? -at : (openings.get(moment.command) ?? moment.command)}
        role="group"
        aria-label="The present moment"
        className="stage grid min-w-0 gap-2"
      >
        {renderMoment(facts.slice(0, at + 1), moment)}
      </div>
    </div>
  );
}

function useMoments(facts: readonly RecordView[]) {
  const [at, setAt] = useState(0);
  const [plays, setPlays] = useState(false);
  const [speed, setSpeed] = useState<number>(1);
  const isLast = at >= facts.length - 1;
  useEffect(() => {
    const [now, next] = [facts[at], facts[at + 1]];
    if (!plays || now === undefined || next === undefined) return;
    const passed = (Date.parse(next.at) - Date.parse(now.at)) / speed;
    const timer = setTimeout(() => setAt(at + 1), Math.min(Math.max(passed, 0), pauseMsMax));
    return () => clearTimeout(timer);
  }, [at, plays, speed, facts]);
  const move = (to: number) => {
    setPlays(false);
    setAt(Math.max(0, Math.min(to, facts.length - 1)));
  };
  const play = () => {
    if (isLast) setAt(0);
    setPlays(!plays || isLast);
  };
  /** To the last moment of the command before or after: what came of it shows. */
  const byCommand = (by: 1 | -1) => {
    const lasts = lastMoments(facts);
    const to = by > 0 ? lasts.find((each) => each > at) : lasts.findLast((each) => each < at);
    move(to ?? (by > 0 ? facts.length - 1 : 0));
  };
  return { at, plays: plays && !isLast, speed, setSpeed, move, play, byCommand };
}

/** Of each command, in their order. */
function lastMoments(facts: readonly RecordView[]): number[] {
  const last = new Map<number, number>();
  for (const [at, { command }] of facts.entries()) if (command !== 0) last.set(command, at);
  return [...last.values()].toSorted((a, b) => a - b);
}
