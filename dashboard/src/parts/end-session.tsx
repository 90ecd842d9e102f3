import { useRef, useState } from "react";
import { useKill } from "../queries.ts";
import { Trouble } from "./states.tsx";

/** For admins: asks once more, and why. */
export function EndSession({ id, ended }: { readonly id: string; readonly ended: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState("");
  const kill = useKill(id);
  const close = () => dialog.current?.close();
  const done = () => {
    close();
    ended();
  };
  return (
    <>
      <button
        type="button"
        className="button button-danger ml-auto"
        onClick={() => dialog.current?.showModal()}
      >
        End this session…
      </button>
      <dialog ref={dialog} aria-labelledby="end" className="card w-full max-w-md p-4">
        <form
          className="grid gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            kill.mutate(reason.trim(), { onSuccess: done });
          }}
        >
          <h2 id="end" className="text-lg font-bold">
            End this session?
          </h2>
          <p>Its connection is cut at once; what it had not committed is rolled back.</p>
          <label className="grid gap-1">
            Reason, for whoever is in it and for the record
            <input
              className="field"
              maxLength={500}
              value={reason}
              onChange={({ target }) => setReason(target.value)}
            />
          </label>
          {kill.error !== null && <Trouble error={kill.error} />}
          <div className="flex flex-wrap gap-2">
            <button type="submit" className="button button-danger" disabled={kill.isPending}>
              End it
            </button>
            <button type="button" className="button" onClick={close}>
              Back
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}
