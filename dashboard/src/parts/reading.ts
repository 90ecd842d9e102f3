import { useEffect, useRef, useState } from "react";

export type Reading = "idle" | "reads" | "full" | Error;

/** Shows what is there so far. False: nobody wants it any more. */
export type Shows<T> = (present: T) => boolean;

/**
 * Something long, read once somebody asks for it and while she wants it. `whole`: as much as is
 * there; null: nothing was asked for yet.
 */
export function useReading<T>(read: (shows: Shows<T>) => Promise<unknown>) {
  const [whole, setWhole] = useState<T | null>(null);
  const [state, setState] = useState<Reading>("idle");
  const wanted = useRef(false);
  const stop = () => {
    wanted.current = false;
    setState("idle");
  };
  useEffect(
    () => () => {
      wanted.current = false;
    },
    [],
  );
  const load = () => {
    wanted.current = true;
    setState("reads");
    const shows = (present: T) => {
      if (wanted.current) setWhole(() => present);
      return wanted.current;
    };
    read(shows).then(
      () => wanted.current && setState("full"),
      (error: unknown) => setState(error instanceof Error ? error : new Error(String(error))),
    );
  };
  return { whole, state, load, stop };
}
