import { useEffect, useRef } from "react";
import { kept } from "./kept.ts";

/** Keys of one character can be turned off (WCAG 2.1.4): speech input may type them by chance. */
export const shortcuts = kept(["on", "off"], "sluice.shortcuts");

/** Listens for bare keys while nobody types into a field. */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (shortcuts.get() === "off" || event.defaultPrevented || isTyping(event)) return;
      const action = latest.current[event.key];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}

function isTyping({ target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey) return true;
  return target instanceof Element && target.closest("input, textarea, select, dialog") !== null;
}
