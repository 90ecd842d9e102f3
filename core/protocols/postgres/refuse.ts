import { EMPTY } from "../../bytes.ts";
import type { CommandId } from "../../decision.ts";
import { overwriting } from "../../command.ts";
import { copyFail, errorResponse, executePortal, sync } from "./messages.ts";
import type { CopyIn, State } from "./state.ts";

/*
 * How a refusal takes its turn (invariant 7).
 *
 * PostgreSQL answers an error by rolling back what the pipeline or the transaction did, skips to
 * Sync, and reports the transaction's new status. A refusal must look and act the same, in its
 * place behind commands that are already on their way. So in the refused message's stead we send
 * one that the server is bound to refuse: Execute of a portal that cannot exist. Its error comes
 * back when its turn comes, with all that follows from an error; we only exchange the error's text
 * for ours. Nothing of the refused command ever leaves.
 */

/** No client can bind a portal of this name: clients' names that start with it are refused. */
export const POISON_PORTAL = "sluice refuses";

/** Refuses a message of the extended protocol: everything up to Sync is ignored. */
export function refuseExtended(state: State, command: CommandId, refusal: Uint8Array): void {
  state.discarding = true;
  state.questions.push({ of: "poison", command, refusal });
  state.forward("upstream", executePortal(POISON_PORTAL));
}

/** Refuses a simple Query or a FunctionCall, which bring their own Sync. */
export function refuseSimple(state: State, command: CommandId, refusal: Uint8Array): void {
  state.questions.push({ of: "poison", command, refusal }, { of: "sync" });
  state.forward("upstream", executePortal(POISON_PORTAL));
  state.forward("upstream", sync());
  state.batch++;
}

/**
 * Fails a COPY FROM STDIN whose data would write a mask over values: the server takes back all of
 * it, and its error is exchanged for ours. Whether the COPY is over for us.
 */
export function refuseCopy(state: State, copyIn: CopyIn): boolean {
  const found = copyIn.guard?.found ?? null;
  if (found === null || copyIn.stopped) return copyIn.stopped;
  copyIn.stopped = true;
  const { command } = copyIn;
  const refusal = errorResponse({ severity: "ERROR", code: "42501", message: overwriting(found) });
  state.copyRefused = { command, refusal };
  state.record(command, { kind: "failed", sqlstate: "42501", from: "sluice" });
  state.forward("upstream", copyFail("refused by the gateway"));
  return true;
}

/** Room for what `State.tell` kept back while a message was under way. */
export function releaseLater(state: State): void {
  state.midMessage = false;
  const later = state.later;
  state.later = [];
  for (const bytes of later) if (bytes !== EMPTY) state.tell(bytes);
}
