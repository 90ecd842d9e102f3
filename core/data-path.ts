import type { Command, CommandId, Decision, Policy, UnixMs } from "./decision.ts";
import type { Crypto } from "./crypto.ts";
import type { Engine, Input, Side } from "./engine.ts";
import type { Event } from "./fact.ts";
import type { SessionSpec } from "./session.ts";

/** What the shell performs, in exactly this order, within the turn (invariant 3). */
export type Effect =
  | { readonly do: "append"; readonly events: readonly Event[] }
  | { readonly do: "send"; readonly to: Side; readonly bytes: Uint8Array }
  | {
      readonly do: "ask";
      readonly command: Command;
      /** Hex; what an approval is bound to (CONTRACTS §3). */
      readonly digest: string;
      readonly decision: Extract<Decision, { verdict: "review" }>;
    }
  | { readonly do: "withdraw"; readonly command: CommandId; readonly reason: string }
  | { readonly do: "lookup"; readonly request: number; readonly unknown: string }
  | { readonly do: "secure"; readonly serverName: string }
  | { readonly do: "cancel"; readonly bytes: Uint8Array }
  | { readonly do: "close"; readonly code: string; readonly reason: string };

/** An engine's inputs, but a policy comes whole, and the timer is the data path's own. */
export type DataPathInput =
  | Exclude<Input, { on: "policy" }>
  | { readonly on: "policy"; readonly policy: Policy }
  | { readonly on: "tick" };

export type DataPathParts = {
  readonly spec: SessionSpec;
  readonly engine: Engine;
  readonly policy: Policy;
  readonly crypto: Crypto;
};
