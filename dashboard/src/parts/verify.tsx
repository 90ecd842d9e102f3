import { useState } from "react";
import { call, chunkOf } from "../api.ts";
import type { Finding, Progress, Source } from "../verify.ts";
import { counted } from "../words.ts";
import { Trouble } from "./states.tsx";

const gatewayFor = (id: string): Source => ({
  manifest: () => call("manifest", { id }),
  keys: () => call("keys"),
  chunk: (first) => chunkOf(id, first),
});

type State =
  | { readonly is: "begun" }
  | { readonly is: "runs"; readonly progress: Progress }
  | { readonly is: "done"; readonly finding: Finding }
  | { readonly is: "failed"; readonly error: unknown };

/** Its code is loaded when somebody asks. */
async function check(id: string, tell: (progress: Progress) => void): Promise<Finding> {
  const { findingOf, verifyRecording } = await import("../verify.ts");
  return findingOf(await verifyRecording(gatewayFor(id), tell));
}

/** Checks the whole recording, chunk by chunk. */
export function Verify({ id }: { readonly id: string }) {
  const [state, setState] = useState<State | null>(null);
  const begin = () => {
    setState({ is: "begun" });
    check(id, (progress) => setState({ is: "runs", progress })).then(
      (finding) => setState({ is: "done", finding }),
      (error: unknown) => setState({ is: "failed", error }),
    );
  };
  const runs = state?.is === "begun" || state?.is === "runs";
  return (
    <div className="grid gap-3">
      <div className="flex flex-wrap items-center gap-3">
        <button type="button" className="button" disabled={runs} onClick={begin}>
          Verify this recording
        </button>
        <div role="status" className="text-sm">
          {state?.is === "begun" && "Asking for its chunks"}
          {state?.is === "runs" && <Steps {...state.progress} />}
        </div>
      </div>
      {state?.is === "failed" && <Unchecked error={state.error} />}
      {state?.is === "done" && <Found finding={state.finding} />}
    </div>
  );
}

const Steps = ({ done, of, records }: Progress) => (
  <label className="flex flex-wrap items-center gap-2">
    <progress max={Math.max(of, 1)} value={done} />
    {done} of {counted(of, "chunk")}, {counted(records, "record")}
  </label>
);

const LOOKS = { good: "notice-good", danger: "notice-danger" } as const;

const Found = ({ finding: { look, title, more } }: { readonly finding: Finding }) => (
  <div role="status" className={`notice grid gap-1 ${LOOKS[look]}`}>
    <p className="font-semibold">{title}</p>
    {more.map((sentence) => (
      <p key={sentence} className="break-words">
        {sentence}
      </p>
    ))}
    <p className="text-sm text-muted">
      Checked in this browser: chain, signatures and gaps, by the keys that the gateway gives. With
      keys that are kept elsewhere, <code>sluice audit verify --keys</code> needs no word of the
      gateway’s.
    </p>
  </div>
);

/** WebCrypto's own name for what a browser does not know. */
const Unchecked = ({ error }: { readonly error: unknown }) =>
  error instanceof DOMException && error.name === "NotSupportedError" ? (
    <p role="alert" className="notice notice-warn">
      This browser cannot check Ed25519 signatures. Use <code>sluice audit verify</code>.
    </p>
  ) : (
    <Trouble error={error} />
  );
