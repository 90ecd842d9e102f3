import type { CommandId, RequestShown } from "./command.ts";
import type { RecordingLevel, UnixMs } from "./decision.ts";
import type { Finding } from "./masker.ts";
import type { PrincipalKind } from "./session.ts";

/**
 * What the recording holds. A fact says what happened; `secret` parts are sealed by the journal
 * before they touch a disk; no fact ever holds a value that was masked.
 */
export type Fact =
  | {
      readonly kind: "opened";
      readonly session: string;
      readonly principal: string;
      readonly principalKind: PrincipalKind;
      /** As the issuer named them when the session opened; older recordings are without. */
      readonly groups?: readonly string[];
      readonly onBehalfOf: string | null;
      readonly resource: string;
      readonly protocol: string;
      readonly policy: string;
      readonly level: RecordingLevel;
      readonly reason: string | null;
    }
  | { readonly kind: "login"; readonly server: string; readonly client: string }
  | {
      readonly kind: "command";
      readonly shown: string;
      readonly operations: readonly string[];
      readonly objects: readonly string[];
      readonly unbounded: boolean;
      /** Hex of the digest that an approval is bound to (CONTRACTS §3). */
      readonly digest: string;
      /** Of a request that opens no WebSocket; older recordings are without. */
      readonly shows?: RequestShown;
      /** Of a message on a WebSocket: the command that opened it; older recordings are without. */
      readonly opening?: CommandId;
      readonly secret: CommandSecret | null;
    }
  | {
      readonly kind: "decision";
      readonly verdict: "allow" | "block" | "review";
      readonly rules: readonly string[];
      readonly message: string | null;
      readonly policy: string;
    }
  | {
      readonly kind: "settled";
      readonly verdict: string;
      readonly review: string | null;
      readonly by: readonly string[];
      readonly message: string | null;
    }
  | {
      /** An answer begins; its body follows in `toClient` of the same command. */
      readonly kind: "response";
      readonly status: number;
      /** As the client gets them, masked; of a cookie, without its value. */
      readonly headers: readonly (readonly [name: string, value: string])[];
      /** The content coding that the recorded bytes still have; null: none. */
      readonly coding: string | null;
    }
  | {
      /** One statement's answer is over. */
      readonly kind: "completed";
      /** The server's own word: "SELECT 5"; of HTTP the status: "200". */
      readonly tag: string;
      readonly rows: number;
      readonly masked: readonly { readonly rule: string; readonly cells: number }[];
      /** What detectors found, and so masked. */
      readonly findings: readonly Finding[];
    }
  /** `sqlstate`: the protocol's own code; of HTTP a status. */
  | { readonly kind: "failed"; readonly sqlstate: string; readonly from: "upstream" | "sluice" }
  | {
      /** What was streamed to the target and is not kept: COPY, or a large body (0 rows). */
      readonly kind: "copyIn";
      readonly bytes: number;
      readonly rows: number;
      readonly sha256: string;
    }
  | { readonly kind: "cancel"; readonly outcome: "sent" | "withdrawn" | "ignored" }
  | { readonly kind: "policy"; readonly version: string }
  /** `opening`, as of a command: of a message that was refused unread. */
  | { readonly kind: "note"; readonly message: string; readonly opening?: CommandId }
  | { readonly kind: "toClient"; readonly bytes: Uint8Array }
  | { readonly kind: "toUpstream"; readonly bytes: Uint8Array }
  | {
      readonly kind: "end";
      readonly code: string;
      readonly message: string;
      /** Null, as in the two below: the gateway was lost before it could say. */
      readonly commands: number | null;
      readonly toClientBytes: number | null;
      readonly toUpstreamBytes: number | null;
    };

export type CommandSecret = {
  readonly text: string;
  readonly parameters: readonly {
    readonly type: number;
    readonly format: number;
    /** Base64 of the wire's bytes; null is NULL. */
    readonly value: string | null;
  }[];
};

/** A fact at its instant and under its command (0: the session's own). */
export type Event = { readonly at: UnixMs; readonly command: CommandId; readonly fact: Fact };
