import { useSyncExternalStore } from "react";

/** A value that components share; where it has a key, the browser keeps it for the next visit. */
export type Kept<T extends string> = {
  readonly get: () => T;
  readonly set: (value: T) => void;
  readonly listen: (listener: () => void) => () => void;
};

export function kept<T extends string>(values: readonly [T, ...T[]], key?: string): Kept<T> {
  const listeners = new Set<() => void>();
  const stored = key === undefined ? null : localStorage.getItem(key);
  let current = values.find((value) => value === stored) ?? values[0];
  return {
    get: () => current,
    set(value) {
      current = value;
      if (key !== undefined) localStorage.setItem(key, value);
      for (const listener of listeners) listener();
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export const useKept = <T extends string>(store: Kept<T>): T =>
  useSyncExternalStore(store.listen, store.get);
