import type { Command, CommandId } from "./command.ts";
import type { Budget, Settled } from "./decision.ts";
import type { BodyMasker, Masker } from "./masker.ts";
import type { Tally } from "./tally.ts";

/*
 * Protocols of requests and responses (HTTP, and what is built on it). They are no byte streams on
 * this platform, and do not pretend to be: the runtime frames, an engine sees whole heads.
 */

/** Names and values in their order; names in lower case. */
export type Headers = readonly (readonly [name: string, value: string])[];

export type RequestHead = {
  readonly method: string;
  /** From the resource's own root on, as it was sent: `/customers/7?full=1`. */
  readonly target: string;
  readonly headers: Headers;
  /** It came to the resource's own host here; absent: below the prefix of all others'. */
  readonly ownHost?: OwnHost | null;
};

/** A host of the gateway's side that is one resource's alone: browsers may keep its cookies. */
export type OwnHost = {
  /** Of its pages. */
  readonly origin: string;
  /** Over https. */
  readonly secure: boolean;
};

export type ResponseHead = {
  readonly status: number;
  readonly headers: Headers;
};

/** A request as it leaves for the service, but for the credential. */
export type Outgoing = {
  readonly method: string;
  readonly path: string;
  /** With its question mark; empty where there is none. */
  readonly search: string;
  readonly headers: Headers;
  /** Null: it streams past, for it is too large to be read, or to be held. */
  readonly body: Uint8Array | null;
  /** As in RequestHead: where the answer goes. */
  readonly ownHost?: OwnHost | null;
  /** The service's own cookies that came back; no part of what is shown, approved or recorded. */
  readonly cookie?: string | null;
};

/** Why a request was refused; the engine has the words for it. */
export type Refusal = {
  readonly code:
    | Extract<Settled, { verdict: "refuse" }>["code"]
    | "bad_request"
    | "unsupported"
    | "too_large"
    | "too_many"
    | "unreachable"
    | "timeout"
    | "unreadable"
    | "broken_off"
    | "lost"
    | "ended";
  readonly message: string;
  readonly review: string | null;
  /** When asking again may help. */
  readonly retryAfterSeconds?: number;
};

/** An answer that we authored: the protocol's own words for a refusal. */
export type Authored = ResponseHead & { readonly body: Uint8Array };

/** Codings that are taken off a masked body and put on again (RFC 9110 section 8.4.1). */
export const CODINGS = ["gzip", "br", "deflate"] as const;
export type Coding = (typeof CODINGS)[number];

/** RFC 9110 section 6.4.1: whatever its head says, no body comes. */
export const hasNoBody = (method: string, status: number): boolean =>
  method === "HEAD" || status === 204 || status === 205 || status === 304 || status < 200;

/** How an answer goes on to the client. `coding`: what the service's body comes in. */
export type Answer = {
  readonly head: ResponseHead;
  readonly coding: Coding | null;
  /** `pass`: the very bytes, coding and all. */
  readonly body: BodyMasker | "pass";
  /**
   * Of its masker: it goes on under other versions of the policy while those mask by the same.
   * Null: it has no end of its own, and lives as long as the version that it was answered under.
   */
  readonly rules: string | null;
  /** Bytes of the body, where they are known before they come. */
  readonly length: number | null;
};

/** What happens to one exchange. */
export type ExchangeInput =
  /** `body` null: there is one, larger than is held. */
  | { readonly on: "request"; readonly head: RequestHead; readonly body: Uint8Array | null }
  /** A budget is used up: nothing of the request is looked at. */
  | { readonly on: "over"; readonly budget: Budget; readonly retryAfterSeconds: number }
  | { readonly on: "settled"; readonly decision: Settled }
  /** A body that streamed has left, whole. */
  | { readonly on: "streamed"; readonly bytes: number; readonly sha256: string }
  | { readonly on: "response"; readonly head: ResponseHead }
  /** Of the answer, without its content coding where one was to be taken off. */
  | { readonly on: "bytes"; readonly bytes: Uint8Array }
  | { readonly on: "ended" }
  /**
   * The service cannot be reached, or broke off; `timeout`: it did not begin to answer in time.
   * `message` is for people.
   */
  | { readonly on: "failed"; readonly message: string; readonly code?: "timeout" }
  | { readonly on: "left" };

/** One message of a WebSocket (RFC 6455 section 5.6): text, or bytes. */
export type Message = string | Uint8Array;

/** A message as the client may have it, and what was masked and found in it. */
export type ShownMessage = { readonly message: Message } & ReturnType<Tally["take"]>;

/** `masked`: what of it was masked before anybody judges it. */
export type DescribedMessage = {
  readonly command: Command;
  readonly message: Message;
  readonly masked: readonly string[];
};

/** The messages of one WebSocket that the service has agreed to. */
export interface SocketEngine {
  /** How the client is told that it is open. */
  readonly head: ResponseHead;
  /** Of the client: a command of its own. `message`: as it is judged, and leaves. */
  describe(id: CommandId, message: Message): DescribedMessage | { readonly refuse: Refusal };
  /** Of the service: masked whole. */
  shown(message: Message): ShownMessage | { readonly refuse: Refusal };
}

/** A request that was read. `masked`: what of it was masked before anybody judges it. */
export type Described = {
  readonly command: Command;
  readonly outgoing: Outgoing;
  readonly masked: readonly string[];
};

/** What every protocol of requests and responses fulfils. It never waits, decides or throws. */
export interface ExchangeEngine {
  /** `body` null: there is one, larger than is held. */
  describe(
    id: CommandId,
    head: RequestHead,
    body: Uint8Array | null,
  ): Described | { readonly refuse: Refusal };
  /** `publicUrl`: under which people find the review that is named. */
  refusal(refusal: Refusal, publicUrl: string): Authored;
  response(outgoing: Outgoing, head: ResponseHead): Answer | { readonly refuse: Refusal };
  /** The service switches protocols (101). `wrong`: why it must not, for people. */
  socket(outgoing: Outgoing, head: ResponseHead): SocketEngine | { readonly wrong: string };
  /** A new policy version: later requests and answers are masked by it. */
  adopt(masker: Masker): void;
}
