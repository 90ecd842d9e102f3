import { useInfiniteQuery } from "@tanstack/react-query";
import { useRef } from "react";
import type { Answer } from "../api.ts";
import { signInsQuery, useRevoke } from "../oversight.ts";
import { counted } from "../words.ts";
import { More } from "./more.tsx";
import { Empty, Loading, Trouble } from "./states.tsx";
import { Time, useNow } from "./time.tsx";

type SignIn = Answer<"signIns">["items"][number];

const WAYS: Readonly<Record<SignIn["way"], string>> = {
  browser: "By a browser",
  device: "By a device's code",
  exchange: "By a service's token",
};

/** Why one is over, as the gateway writes it down. */
const REASONS: Readonly<Record<string, string>> = {
  "signed-out": "signed out",
  "sign-in-revoked": "revoked",
  "token-reused": "a token was used twice",
  "code-misused": "its code was misused",
  "issuer-refused": "ended by the identity provider",
  denied: "refused on the device's page",
};

type SignInsProps = { readonly id: string; readonly mayRevoke: boolean };

/** Where somebody is signed in. */
export function SignIns({ id, mayRevoke }: SignInsProps) {
  const query = useInfiniteQuery(signInsQuery(id));
  const { data, error, refetch } = query;
  const all = data?.pages.flatMap(({ items }) => items);
  return (
    <section aria-labelledby="sign-ins" className="card">
      <h2 id="sign-ins" className="border-b border-line px-4 py-3 text-lg font-bold">
        Sign-ins
      </h2>
      {all === undefined && error === null && <Loading />}
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      {all?.length === 0 && <Empty title="There is none." />}
      <ul aria-labelledby="sign-ins" className="divide-y divide-line">
        {all?.map((signIn) => (
          <li key={signIn.id}>
            <Row principal={id} signIn={signIn} mayRevoke={mayRevoke} />
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <More busy={query.isFetchingNextPage} more={() => void query.fetchNextPage()} />
      )}
    </section>
  );
}

type RowProps = {
  readonly principal: string;
  readonly signIn: SignIn;
  readonly mayRevoke: boolean;
};

function Row({ principal, signIn, mayRevoke }: RowProps) {
  const now = useNow();
  const isOver = signIn.endedAt !== null || Date.parse(signIn.endsAt) <= now;
  return (
    <div className="grid gap-1 px-4 py-3">
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-semibold">{WAYS[signIn.way]}</span>
        <span className={`chip ${isOver ? "" : "chip-good"}`}>{stateInWords(signIn, isOver)}</span>
        {signIn.current && <span className="chip chip-accent">this one</span>}
        {signIn.live > 0 && (
          <span className="chip chip-warn">{counted(signIn.live, "live session")}</span>
        )}
        {mayRevoke && !isOver && <Revoke principal={principal} signIn={signIn} />}
      </div>
      <p className="flex flex-wrap gap-x-3 text-sm text-muted">
        <span>
          began <Time at={signIn.startedAt} />
        </span>
        <span>
          last used <Time at={signIn.usedAt} />
        </span>
        <span>
          {isOver ? "ended " : "ends "}
          <Time at={signIn.endedAt ?? signIn.endsAt} />
        </span>
      </p>
    </div>
  );
}

function stateInWords({ endReason }: SignIn, isOver: boolean): string {
  if (!isOver) return "signed in";
  return endReason === null ? "expired" : (REASONS[endReason] ?? endReason);
}

/** Asks once more: sessions end by it. */
function Revoke({ principal, signIn }: Omit<RowProps, "mayRevoke">) {
  const dialog = useRef<HTMLDialogElement>(null);
  const revoke = useRevoke(principal);
  const close = () => dialog.current?.close();
  const title = `revoke-${signIn.id}`;
  return (
    <>
      <button
        type="button"
        className="button button-danger ml-auto"
        onClick={() => dialog.current?.showModal()}
      >
        Revoke…
      </button>
      <dialog ref={dialog} aria-labelledby={title} className="card w-full max-w-md p-4">
        <div className="grid gap-3">
          <h3 id={title} className="text-lg font-bold">
            Revoke this sign-in?
          </h3>
          <p>
            {signIn.current ? "It is the one that you use now. " : ""}
            What was opened with it ends within a second; {counted(signIn.live, "session")} lives
            now. Signing in again is possible.
          </p>
          {revoke.error !== null && <Trouble error={revoke.error} />}
          <div className="flex flex-wrap gap-2">
            <button
              type="button"
              className="button button-danger"
              disabled={revoke.isPending}
              onClick={() => revoke.mutate(signIn.id, { onSuccess: close })}
            >
              Revoke it
            </button>
            <button type="button" className="button" onClick={close}>
              Back
            </button>
          </div>
        </div>
      </dialog>
    </>
  );
}
