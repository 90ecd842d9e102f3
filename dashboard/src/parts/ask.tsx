import { Link } from "@tanstack/react-router";
import { type FormEvent, useRef, useState } from "react";
import type { Answer } from "../api.ts";
import { useRequest } from "../queries.ts";
import { counted, listed } from "../words.ts";
import { Trouble } from "./states.tsx";

type Offer = Answer<"resource">["mayAsk"][number];
type AskProps = { readonly resource: string; readonly offer: Offer };

/** Asks for a grant: others decide, and what they give ends by itself. */
export function Ask({ resource, offer }: AskProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const request = useRequest(resource);
  const close = () => dialog.current?.close();
  const title = `ask-${resource}-${offer.grant}`;
  const [access, deciders] = [listed(offer.access), listed(offer.reviewers)];
  return (
    <div className="grid gap-2">
      <div>
        <button type="button" className="button" onClick={() => dialog.current?.showModal()}>
          Ask for {access}…
        </button>
      </div>
      {request.data !== undefined && (
        <p role="status">
          It waits:{" "}
          <Link to="/reviews/$id" params={{ id: request.data.id }} className="link">
            see the request
          </Link>
        </p>
      )}
      <dialog ref={dialog} aria-labelledby={title} className="card w-full max-w-md p-4">
        <h2 id={title} className="text-lg font-bold">
          Ask for {access} on {resource}
        </h2>
        <p className="my-3">
          {deciders} decide. It begins when they approve
          {offer.hours !== null && `, and lasts ${counted(offer.hours, "hour")} at most`}.
        </p>
        <Form
          offer={offer}
          busy={request.isPending}
          error={request.error}
          send={(said) => request.mutate(bodyOf(offer, said), { onSuccess: close })}
          back={close}
        />
      </dialog>
    </div>
  );
}

type Said = Readonly<Record<"reason" | "ticket" | "hours", string>>;

type FormProps = {
  readonly offer: Offer;
  readonly busy: boolean;
  readonly error: Error | null;
  readonly send: (said: Said) => void;
  readonly back: () => void;
};

function Form({ offer, busy, error, send, back }: FormProps) {
  const [said, setSaid] = useState<Said>({
    reason: "",
    ticket: "",
    hours: String(offer.hours ?? 1),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send(said);
  };
  const field = (name: keyof Said) => ({
    className: "field",
    value: said[name],
    onChange: ({ target }: { readonly target: { readonly value: string } }) =>
      setSaid({ ...said, [name]: target.value }),
  });
  const most = offer.hours === null ? {} : { max: offer.hours };
  return (
    <form className="grid gap-3" onSubmit={submit}>
      <label className="grid gap-1">
        Reason, for whoever decides and for the record
        <input {...field("reason")} maxLength={500} required={offer.reasonRequired} />
      </label>
      <label className="grid gap-1">
        Ticket
        <input {...field("ticket")} maxLength={500} />
      </label>
      <label className="grid gap-1">
        Hours
        <input {...field("hours")} type="number" min="0.25" step="0.25" {...most} />
      </label>
      {error !== null && <Trouble error={error} />}
      <div className="flex flex-wrap gap-2">
        <button type="submit" className="button button-primary" disabled={busy}>
          Ask
        </button>
        <button type="button" className="button" onClick={back}>
          Back
        </button>
      </div>
    </form>
  );
}

const bodyOf = ({ grant }: Offer, { reason, ticket, hours }: Said) => ({
  grant,
  hours: Number(hours),
  ...(reason.trim() !== "" && { reason }),
  ...(ticket.trim() !== "" && { ticket }),
});
