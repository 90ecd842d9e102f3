import type { ReactNode } from "react";
import { Failure } from "../api.ts";

export const Loading = () => (
  <div role="status" className="grid gap-3 p-4">
    <span className="sr-only">Loading</span>
    <div className="skeleton h-6 w-2/5" />
    <div className="skeleton h-16 w-full" />
    <div className="skeleton h-16 w-full" />
  </div>
);

type EmptyProps = { readonly title: string; readonly children?: ReactNode };

export const Empty = ({ title, children }: EmptyProps) => (
  <div className="grid justify-items-center gap-2 px-4 py-12 text-center">
    <svg viewBox="0 0 48 24" className="h-8 w-16 text-edge" aria-hidden="true">
      <path
        d="M2 8q5.5-5 11 0t11 0 11 0 11 0M2 17q5.5-5 11 0t11 0 11 0 11 0"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
      />
    </svg>
    <p className="text-lg font-semibold">{title}</p>
    <div className="max-w-prose text-muted">{children}</div>
  </div>
);

type TroubleProps = {
  readonly error: unknown;
  readonly retry?: () => void;
  /** What helps. */
  readonly children?: ReactNode;
};

export const Trouble = ({ error, retry, children }: TroubleProps) => (
  <div role="alert" className="notice notice-danger m-4 grid gap-2">
    <p className="font-semibold">{troubleInWords(error)}</p>
    {retry !== undefined && (
      <div>
        <button type="button" className="button text-ink" onClick={retry}>
          Try again
        </button>
      </div>
    )}
    {children}
  </div>
);

const WORDS: Partial<Record<Failure["code"], string>> = {
  already_settled: "It was settled before your answer came. What you see now is how it ended.",
  already_voted: "You have answered this already.",
  own_command: "You asked for this command yourself, so somebody else has to answer.",
  not_a_person: "Only people may answer, not services.",
  stale_groups: "Your groups were read too long ago. Sign out and in again, then answer.",
  precondition_failed: "Somebody applied another policy meanwhile. Your text is kept.",
  unreachable: "The gateway cannot be reached. Nothing was changed.",
};

/** What went wrong, for people; the gateway's own words where there are none better. */
export function troubleInWords(error: unknown): string {
  if (!(error instanceof Failure)) return "This page met an error of its own.";
  return WORDS[error.code] ?? error.message;
}
