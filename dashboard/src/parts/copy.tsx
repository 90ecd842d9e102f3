import { useState } from "react";

/** A command for the terminal, and a button that copies it. */
export function CopyLine({ command }: { readonly command: string }) {
  const [copied, setCopied] = useState<"no" | "yes" | "failed">("no");
  const copy = async () => {
    const done = await navigator.clipboard.writeText(command).then(
      () => "yes" as const,
      () => "failed" as const,
    );
    setCopied(done);
    setTimeout(() => setCopied("no"), 2_000);
  };
  const said = { no: "Copy", yes: "Copied", failed: "Select it" }[copied];
  return (
    <div className="flex items-center gap-2">
      <code className="code min-w-0 flex-1 px-3 py-2">{command}</code>
      <button
        type="button"
        className="button min-w-24"
        aria-label={`Copy: ${command}`}
        onClick={() => void copy()}
      >
        {said}
      </button>
      <span role="status" className="sr-only">
        {copied === "no" ? "" : said}
      </span>
    </div>
  );
}
