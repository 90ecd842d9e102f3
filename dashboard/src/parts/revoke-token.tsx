import { useId, useRef } from "react";
import { type ApiToken, useRevokeToken } from "../api-tokens.ts";
import { Trouble } from "./states.tsx";

/** Asks once more: whatever uses it fails from then on. */
export function RevokeToken({ token }: { readonly token: ApiToken }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  const revoke = useRevokeToken(token.id);
  const close = () => dialog.current?.close();
  return (
    <div>
      <button
        type="button"
        className="button"
        aria-label={`Revoke ${token.name}…`}
        onClick={() => dialog.current?.showModal()}
      >
        Revoke…
      </button>
      <dialog ref={dialog} aria-labelledby={title} className="card w-full max-w-md p-4">
        <div className="grid gap-3">
          <h2 id={title} className="text-lg font-bold">
            Revoke {token.name}?
          </h2>
          <p>Whatever uses it is refused at once. It cannot be taken back.</p>
          {revoke.error !== null && <Trouble error={revoke.error} />}
          <div className="flex flex-wrap gap-2">
            <button
              type="button"
              className="button button-danger"
              disabled={revoke.isPending}
              onClick={() => revoke.mutate(undefined, { onSuccess: close })}
            >
              Revoke it
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
