import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { ExactCommand } from "../../../core/api/exact.ts";
import { fromBase64 } from "../../../core/bytes.ts";
import { lookOf } from "../../../core/protocols/http/seen-body.ts";
import { call } from "../api.ts";
import { LookView } from "./look.tsx";
import { Visible, Written } from "./statement.tsx";
import { Trouble } from "./states.tsx";

type ExactProps = {
  /** The session's id. */
  readonly id: string;
  /** Of the command's record. */
  readonly seq: number;
  readonly of: "request" | "message";
};

/** What is sealed of a request, for groups that the policy names: each opening is written down. */
export function Exact({ id, seq, of }: ExactProps) {
  const [reason, setReason] = useState("");
  const { data, error, isPending, mutate } = useMutation({
    mutationFn: () => call("exact", { id, json: { reason, from: seq, limit: 1 } }),
    gcTime: 0,
  });
  return (
    <details>
      <summary className="link inline-block cursor-pointer py-1 text-sm">Exact {of}</summary>
      <div className="grid min-w-0 grid-cols-1 gap-2 pt-1">
        <form
          className="flex flex-wrap items-end gap-2 text-sm"
          onSubmit={(event) => {
            event.preventDefault();
            mutate();
          }}
        >
          <label className="grid min-w-0 flex-1 gap-1">
            Why you open it, for the audit trail
            <input
              className="field"
              required
              minLength={3}
              maxLength={500}
              value={reason}
              onChange={({ target }) => setReason(target.value)}
            />
          </label>
          <button type="submit" className="button" disabled={isPending}>
            {isPending ? "Opening" : "Open it"}
          </button>
        </form>
        {error !== null && <Trouble error={error} />}
        {data?.items.map((one) => (
          <Opened key={one.seq} one={one} label={`Exact ${of}`} />
        ))}
        {data?.items.length === 0 && <p className="text-sm">Nothing of it was kept.</p>}
      </div>
    </details>
  );
}

type OpenedProps = { readonly one: ExactCommand; readonly label: string };

function Opened({ one: { text, parameters }, label }: OpenedProps) {
  const [, type = null] = /^content-type: (.*)$/m.exec(text) ?? [];
  return (
    <>
      <Written text={text} label={label}>
        <Visible text={text} />
      </Written>
      {parameters.map(({ value }, index) => {
        const bytes = fromBase64(value ?? "") ?? new Uint8Array();
        return <LookView key={index} look={lookOf(type, bytes)} bytes={bytes} label="Exact body" />;
      })}
    </>
  );
}
