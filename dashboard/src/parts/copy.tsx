import { useState } from "react";

type Copied = "no" | "yes" | "failed";

/** A command for the terminal, and a button that copies it. */
export const CopyLine = ({ command }: { readonly command: string }) => (
  <div className="flex items-center gap-2">
    <code className="code min-w-0 flex-1 px-3 py-2">{command}</code>
    <CopyButton text={command} name={`Copy: ${command}`} words="Copy" look="min-w-24" />
  </div>
);

type CopyProps = {
  readonly text: string;
  /** What it says, and what it is called where that is more. */
  readonly words: string;
  readonly name?: string;
  readonly look?: string;
};

export function CopyButton({ text, words, name, look = "" }: CopyProps) {
  const [copied, setCopied] = useState<Copied>("no");
  const copy = async () => {
    const done = await navigator.clipboard.writeText(text).then(
      () => "yes" as const,
      () => "failed" as const,
    );
    setCopied(done);
    setTimeout(() => setCopied("no"), 2_000);
  };
  const said = { no: words, yes: "Copied", failed: name === undefined ? "Refused" : "Select it" };
  return (
    <>
      <button
        type="button"
        className={`button ${look}`}
        aria-label={name}
        onClick={() => void copy()}
      >
        {said[copied]}
      </button>
      <span role="status" className="sr-only">
        {copied === "no" ? "" : said[copied]}
      </span>
    </>
  );
}
