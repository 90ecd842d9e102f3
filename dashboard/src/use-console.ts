import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { ConsoleTold } from "../../core/api/console.ts";
import { whyNoConsole } from "./api.ts";
import { type Line, openLine } from "./console-line.ts";
import { CLOSED, type ConsoleState, heard, isBusy, newRun, type Run } from "./console.ts";

export type Console = ConsoleState & {
  /** Opens a session first where none is open. */
  readonly start: (resource: string, sql: string) => void;
  readonly more: () => void;
  readonly cancel: () => void;
  readonly close: () => void;
};

let runs = 0;

/** One console of this page. Its session ends when the page is left. */
export function useConsole(over: (run: Run) => void): Console {
  const [state, setState] = useState<ConsoleState>(CLOSED);
  const latest = useRef<ConsoleState>(CLOSED);
  const line = useRef<Line | null>(null);
  const told = useRef(over);
  const queries = useQueryClient();
  useEffect(() => {
    told.current = over;
  });
  useEffect(() => () => line.current?.close(), []);

  const set = (next: ConsoleState) => {
    const wasBusy = isBusy(latest.current);
    latest.current = next;
    setState(next);
    if (wasBusy && !isBusy(next) && next.run !== null) told.current(next.run);
  };
  const send = (run: Run) => line.current?.send({ do: "run", id: run.id, sql: run.sql });
  const end = (message: string) => {
    line.current = null;
    set(heard(latest.current, { on: "ended", code: "lost", message }));
    void queries.invalidateQueries({ queryKey: ["sessions"] });
  };
  const hear = (message: ConsoleTold) => {
    if (message.on === "ended") return end(message.message);
    set(heard(latest.current, message));
    const { run } = latest.current;
    if (message.on === "opened" && run !== null && isBusy(latest.current)) send(run);
  };
  const open = (resource: string) => {
    const opened: Line = openLine(resource, hear, () => {
      const was = latest.current.line;
      if (was === "open") return end("The connection to the gateway was lost.");
      void whyNoConsole(resource).then((why) => line.current === opened && end(why));
    });
    line.current = opened;
  };
  return {
    ...state,
    start: (resource, sql) => {
      if (isBusy(latest.current)) return;
      const run = newRun(++runs, sql, resource);
      const isOpen = line.current !== null && latest.current.line === "open";
      set({ ...latest.current, line: isOpen ? "open" : "opening", ended: null, run });
      if (isOpen) send(run);
      else open(resource);
    },
    more: () => {
      const { run } = latest.current;
      if (run?.state !== "more") return;
      set({ ...latest.current, run: { ...run, state: "running" } });
      line.current?.send({ do: "more", id: run.id });
    },
    cancel: () => {
      const { run } = latest.current;
      if (latest.current.line === "opening") {
        line.current?.close();
        return end("You stopped it while it was being opened.");
      }
      if (run !== null) line.current?.send({ do: "cancel", id: run.id });
    },
    close: () => {
      line.current?.close();
      end("You ended the session.");
    },
  };
}
