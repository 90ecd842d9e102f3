import { type ReactNode, useState } from "react";

const stepItems = 100;

/** How many of so many are shown, and the button below them that shows more. */
export function useShown(count: number): { readonly shown: number; readonly more: ReactNode } {
  const [shown, setShown] = useState(stepItems);
  const left = count - shown;
  const more = left > 0 && (
    <button
      type="button"
      className="button button-small my-1 font-sans"
      onClick={() => setShown(shown + stepItems)}
    >
      Show {Math.min(left, stepItems)} more of {count.toLocaleString("en")}
    </button>
  );
  return { shown, more };
}
