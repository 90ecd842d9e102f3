import type { ReactNode } from "react";
import { tokens } from "../sql.ts";
import { hiddenIn, pieces } from "../visible.ts";
import { counted } from "../words.ts";

/** A statement as it was sent, all of it, coloured; what would be invisible is written out. */
export const Statement = ({ text, label }: { readonly text: string; readonly label: string }) => (
  <Written text={text} label={label}>
    {tokens(text).map(({ kind, text }, index) => (
      <span key={index} className={kind === "text" ? undefined : `sql-${kind}`}>
        <Visible text={text} />
      </span>
    ))}
  </Written>
);

type WrittenProps = {
  readonly text: string;
  readonly label: string;
  /** The text, in colours. */
  readonly children: ReactNode;
};

/** What somebody typed, and a warning where it holds what nobody would see. */
export function Written({ text, label, children }: WrittenProps) {
  const hidden = hiddenIn(text);
  return (
    <div className="grid gap-2">
      {hidden > 0 && (
        <p className="notice notice-danger">
          {counted(hidden, "character")} that would be invisible or change how this reads{" "}
          {hidden === 1 ? "is" : "are"} written out in place.
        </p>
      )}
      <pre aria-label={label} role="group" className="code statement p-3">
        <code>{children}</code>
      </pre>
    </div>
  );
}

export const Visible = ({ text }: { readonly text: string }) =>
  pieces(text).map(({ text, hidden }, index) =>
    hidden === null ? text : <mark key={index}>{hidden}</mark>,
  );
