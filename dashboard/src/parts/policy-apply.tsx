import { useEffect, useRef, useState } from "react";
import type { Answer } from "../api.ts";
import { type Draft, type Policy, setDraft, type useApply } from "../policy-queries.ts";
import { Warnings } from "./policy-edit.tsx";
import { Changes } from "./policy-lazy.tsx";
import { Trouble } from "./states.tsx";

type ApplyProps = {
  readonly apply: ReturnType<typeof useApply>;
  readonly draft: Draft;
  readonly inForce: Policy | null;
  readonly warnings: readonly string[];
  readonly isSound: boolean;
};

/** What would change is shown once more before it does. */
export function ApplyPolicy({ apply, draft, inForce, warnings, isSound }: ApplyProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOpen, setIsOpen] = useState(false);
  const close = () => dialog.current?.close();
  const isOld = inForce !== null && draft.follows?.version !== inForce.version;
  const yaml = { text: draft.text, follows: draft.follows?.etag ?? null };
  return (
    <div className="flex flex-wrap gap-2">
      <button
        type="button"
        className="button button-primary"
        disabled={!isSound || isOld}
        onClick={() => {
          apply.reset();
          setIsOpen(true);
          dialog.current?.showModal();
        }}
      >
        Apply…
      </button>
      <button type="button" className="button" onClick={() => setDraft(null)}>
        Drop my edit
      </button>
      <dialog
        ref={dialog}
        aria-labelledby="apply"
        className="card w-full max-w-3xl p-4"
        onClose={() => setIsOpen(false)}
      >
        <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
          <h2 id="apply" className="text-lg font-bold">
            Apply this policy?
          </h2>
          <p>It holds at once, in sessions that are open as well.</p>
          {isOpen && (
            <Changes
              before={inForce?.source ?? ""}
              after={draft.text}
              label="What changes"
              height="max-h-[50dvh]"
            />
          )}
          <Warnings warnings={warnings} />
          {apply.error !== null && <Trouble error={apply.error} />}
          <div className="flex flex-wrap gap-2">
            <button
              type="button"
              className="button button-primary"
              disabled={apply.isPending}
              onClick={() => apply.mutate(yaml)}
            >
              Apply
            </button>
            <button type="button" className="button" onClick={close}>
              Back
            </button>
          </div>
        </div>
      </dialog>
    </div>
  );
}

/** After an apply, wherever it was made: what had the focus is gone. */
export function Applied({ applied }: { readonly applied: Answer<"apply"> }) {
  const said = useRef<HTMLParagraphElement>(null);
  useEffect(() => said.current?.focus(), []);
  return (
    <p ref={said} tabIndex={-1} role="status" className="notice notice-good">
      {applied.changed ? "It is in force." : "That very text was in force already."}
    </p>
  );
}
