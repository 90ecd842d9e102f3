import { useRef, useState } from "react";
import { usePutSecret } from "../oversight.ts";
import { Trouble } from "./states.tsx";

/** A new value goes in. The old one is never shown, and neither is this one again. */
export function SetSecret({ name }: { readonly name: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [value, setValue] = useState("");
  const [isSet, setIsSet] = useState(false);
  const put = usePutSecret(name);
  const close = () => dialog.current?.close();
  // A question that was asked remembers what it was asked with.
  const forget = () => {
    setValue("");
    put.reset();
  };
  const done = () => {
    setIsSet(true);
    close();
  };
  const title = `secret-${name}`;
  return (
    <>
      <button type="button" className="button" onClick={() => dialog.current?.showModal()}>
        Set {name}…
      </button>
      {isSet && <p role="status">The secret is set.</p>}
      <dialog
        ref={dialog}
        aria-labelledby={title}
        className="card w-full max-w-md p-4"
        onClose={forget}
      >
        <form
          className="grid gap-3"
          autoComplete="off"
          onSubmit={(event) => {
            event.preventDefault();
            put.mutate(value, { onSuccess: done });
          }}
        >
          <h2 id={title} className="text-lg font-bold">
            Set the secret {name}
          </h2>
          <p>Sessions that open from now on log in with it. Nobody can read it here again.</p>
          <label className="grid gap-1">
            New value
            <input
              className="field"
              type="password"
              autoComplete="off"
              spellCheck={false}
              required
              maxLength={8_192}
              value={value}
              onChange={({ target }) => setValue(target.value)}
            />
          </label>
          {put.error !== null && <Trouble error={put.error} />}
          <div className="flex flex-wrap gap-2">
            <button type="submit" className="button button-primary" disabled={put.isPending}>
              Set it
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
