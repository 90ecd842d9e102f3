import type { RehearsedStep } from "../../core/api/rehearsal.ts";
import { call } from "./api.ts";
import { BEGUN, type Run, withStep } from "./run.ts";

export type Asked = {
  readonly source: string;
  readonly from: string;
  readonly to: string;
  readonly resource?: string;
};

/** Step after step, until the last one or until somebody asks no further. */
export async function rehearse(
  asked: Asked,
  signal: AbortSignal,
  tell: (run: Run) => void,
): Promise<void> {
  let run = BEGUN;
  let after: string | null = null;
  do {
    const json = { ...asked, ...(after !== null && { after }) };
    const step: RehearsedStep = await call("rehearsal", { json, signal });
    run = withStep(run, step);
    tell(run);
    after = step.next;
  } while (after !== null && !signal.aborted);
}
