import type { Review } from "../inbox.ts";

const REVIEW_STATES: Readonly<Record<Review["state"], readonly [words: string, look: string]>> = {
  pending: ["waits", "chip-warn"],
  approved: ["approved", "chip-good"],
  rejected: ["rejected", "chip-danger"],
  expired: ["expired", ""],
  withdrawn: ["withdrawn", ""],
};

export function ReviewState({ state }: Pick<Review, "state">) {
  const [words, look] = REVIEW_STATES[state];
  return <span className={`chip ${look}`}>{words}</span>;
}

export const Chips = ({ words, look = "" }: { words: readonly string[]; look?: string }) => (
  <span className="flex flex-wrap gap-1">
    {words.map((word) => (
      <span key={word} className={`chip ${look}`}>
        {word}
      </span>
    ))}
  </span>
);
