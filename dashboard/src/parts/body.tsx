import { useEffect, useMemo, useState } from "react";
import { text } from "../../../core/bytes.ts";
import type { Exchange } from "../../../core/protocols/http/seen.ts";
import { lookOf } from "../../../core/protocols/http/seen-body.ts";
import { type Body, bytesOf, type Part, partsUpTo, readBody } from "../bodies.ts";
import { decoded, type Decoded } from "../decoded.ts";
import { recordsAt } from "../queries.ts";
import { LookView } from "./look.tsx";
import { useReading } from "./reading.ts";
import { sized } from "./request.tsx";
import { Trouble } from "./states.tsx";

type BodyProps = {
  /** The session's id. */
  readonly id: string;
  readonly exchange: Exchange;
  readonly body: Body | undefined;
  /** As it was when that record had been written; absent: as it is known now. */
  readonly upTo?: number | undefined;
};

/** What the client got, as far as it is here. */
export function BodyView({ id, exchange, body, upTo }: BodyProps) {
  const { parts, ...reading } = useParts({ id, exchange, body, upTo });
  const { bytes, response } = exchange;
  const shown = useMemo(() => bytesOf(parts), [parts]);
  if (bytes === 0) return <p className="text-sm text-muted">No body is recorded.</p>;
  return (
    <div className="grid min-w-0 grid-cols-1 gap-2">
      {shown.length > 0 && (
        <Coded
          coding={response?.coding ?? null}
          type={response?.type ?? null}
          bytes={shown}
          label={`Body of exchange ${exchange.command}`}
        />
      )}
      <Rest
        says={shown.length === 0 ? "None" : `The first ${sized(shown.length)}`}
        here={shown.length}
        bytes={bytes}
        isNow={upTo === undefined}
        {...reading}
      />
    </div>
  );
}

/** The first bytes, and, once asked for, more of them. */
export function useParts({ id, exchange: { command }, body, upTo }: BodyProps) {
  const { whole, ...reading } = useReading<readonly Part[]>(async (shows) => {
    if (body !== undefined) await readBody(command, body, (from) => recordsAt(id, from), shows);
  });
  const first = useMemo(() => (body === undefined ? [] : partsUpTo(body, upTo)), [body, upTo]);
  return { parts: whole ?? first, ...reading };
}

type RestProps = Pick<ReturnType<typeof useParts>, "state" | "load" | "stop"> & {
  /** So many bytes of so many. */
  readonly here: number;
  readonly bytes: number;
  /** The former in words. */
  readonly says: string;
  readonly isNow: boolean;
};

/** How much is not here, and the way to it. */
export function Rest({ here, bytes, says, isNow, state, load, stop }: RestProps) {
  const isCut = here < bytes;
  return (
    <>
      {isCut && (
        <p role="status" className="text-sm">
          {says} of {bytes.toLocaleString("en")} {state === "reads" ? "so far" : "are here"}.
          {state === "full" && " That is as much as this page shows: the export has all."}
        </p>
      )}
      {state instanceof Error && <Trouble error={state} />}
      {isCut && state !== "full" && isNow && (
        <button
          type="button"
          className="button button-small justify-self-start"
          onClick={state === "reads" ? stop : load}
        >
          {state === "reads" ? "Stop loading" : "Load more of it"}
        </button>
      )}
    </>
  );
}

type CodedProps = {
  readonly coding: string | null;
  readonly type: string | null;
  readonly bytes: Uint8Array;
  readonly label: string;
};

/** A body in a content coding: what it holds, where the browser can take the coding off. */
function Coded({ coding, type, bytes, label }: CodedProps) {
  const read = useDecoded(coding, bytes);
  if (coding === null) return <Plain type={type} bytes={bytes} label={label} />;
  if (read === undefined) return <p className="text-sm text-muted">Unpacking {coding}.</p>;
  const cut = read?.cut === true ? ", as far as it goes" : "";
  return (
    <>
      <p className="text-sm text-muted">
        {read === null
          ? `Sent in ${coding}, which this browser does not unpack: these are its bytes.`
          : `Sent in ${coding}, unpacked here to ${sized(read.bytes.length)}${cut}.`}
      </p>
      <Plain
        type={read === null ? "application/octet-stream" : type}
        bytes={read?.bytes ?? bytes}
        label={label}
      />
    </>
  );
}

/** Undefined: it is not known yet. */
function useDecoded(coding: string | null, bytes: Uint8Array): Decoded | null | undefined {
  const [read, setRead] = useState<Decoded | null>();
  useEffect(() => {
    if (coding === null) return;
    let isWanted = true;
    void decoded(coding, bytes).then((now) => isWanted && setRead(now));
    return () => {
      isWanted = false;
    };
  }, [coding, bytes]);
  return read;
}

function Plain({ type, bytes, label }: Omit<CodedProps, "coding">) {
  const [asSent, setAsSent] = useState(false);
  const look = useMemo(() => lookOf(type, bytes), [type, bytes]);
  const isLaidOut = look.is !== "text" && look.is !== "bytes";
  const plain = isLaidOut && asSent;
  return (
    <>
      {isLaidOut && (
        <button
          type="button"
          className="button button-small justify-self-start"
          aria-pressed={asSent}
          onClick={() => setAsSent(!asSent)}
        >
          As sent
        </button>
      )}
      <LookView
        look={plain ? { is: "text", text: text(bytes) } : look}
        bytes={bytes}
        label={label}
      />
    </>
  );
}
