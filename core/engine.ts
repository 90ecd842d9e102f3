import type { Command, CommandId, Settled } from "./decision.ts";
import type { Fact } from "./fact.ts";
import type { Masker } from "./masker.ts";
import type { Catalog } from "./catalog.ts";

/**
 * What every stream protocol fulfils. An engine never waits, never throws, never decides, never
 * reads the time.
 */
export interface Engine {
  step(input: Input): readonly Action[];
  /** Bytes taken from that side and not yet passed on: the shell gives credit for the rest only. */
  buffered(side: Side): number;
}

export type Side = "client" | "upstream";

export type Input =
  /** The upstream is connected; engines whose server speaks first need nothing else. */
  | { readonly on: "opened" }
  /** Cut anywhere. The engine may keep the array; the shell never writes to it again. */
  | { readonly on: "bytes"; readonly from: Side; readonly bytes: Uint8Array }
  /** The upstream leg is TLS now. */
  | { readonly on: "secured" }
  /** The answer to a hold. */
  | { readonly on: "settled"; readonly command: CommandId; readonly decision: Settled }
  /** A review was opened for a held command: tell the client where to look. */
  | {
      readonly on: "asked";
      readonly command: CommandId;
      readonly review: string;
      readonly url: string;
      readonly expiresInSeconds: number;
    }
  /**
   * The answer to a lookup (null: the catalog could not be read), or a catalog that others have
   * changed, unasked.
   */
  | { readonly on: "learned"; readonly request: number | null; readonly catalog: Catalog | null }
  /** A new policy version: later answers are masked by it. */
  | { readonly on: "policy"; readonly masker: Masker }
  /** The client asks to cancel what runs, with the key that this session gave it. */
  | { readonly on: "cancel"; readonly key: Uint8Array }
  /** The grant is over or somebody ended the session: say goodbye in the protocol's words. */
  | { readonly on: "revoked"; readonly code: string; readonly reason: string }
  /** One side is gone. `reason` is for the other side's person: "connection refused". */
  | { readonly on: "ended"; readonly side: Side; readonly reason: string | null };

export type Action =
  /** The other side's bytes, masked where rules say. */
  | { readonly do: "forward"; readonly to: Side; readonly bytes: Uint8Array }
  /**
   * Bytes that we authored: refusal, notice, login. `secret` ones (login, cancel keys) are never
   * recorded.
   */
  | {
      readonly do: "reply";
      readonly to: Side;
      readonly bytes: Uint8Array;
      readonly secret?: true;
    }
  /** Nothing of it leaves until it is settled. */
  | { readonly do: "hold"; readonly command: Command }
  /** The held command is no longer wanted: the client cancelled or left, or the upstream died. */
  | { readonly do: "withdraw"; readonly command: CommandId; readonly reason: string }
  /** An answer names something that the catalog does not know; what follows waits for `learned`. */
  | { readonly do: "lookup"; readonly request: number; readonly unknown: string }
  | { readonly do: "record"; readonly command: CommandId; readonly fact: Fact }
  | { readonly do: "secure"; readonly serverName: string }
  /** Ask the server to cancel what runs: these bytes, on a connection of their own. */
  | { readonly do: "cancel"; readonly bytes: Uint8Array }
  | { readonly do: "close"; readonly code: string; readonly reason: string };
