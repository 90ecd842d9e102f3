import type { Command, CommandId } from "./command.ts";
import type { Settled } from "./decision.ts";
import type { BodyMasker, Masker } from "./masker.ts";

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
    | "unreadable"
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
  /** It has no end of its own: it lives as long as the policy that it was answered under. */
  readonly endless: boolean;
  /** Bytes of the body, where they are known before they come. */
  readonly length: number | null;
};

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
  refusal(refusal: Refusal): Authored;
  response(outgoing: Outgoing, head: ResponseHead): Answer | { readonly refuse: Refusal };
  /** A new policy version: later requests and answers are masked by it. */
  adopt(masker: Masker): void;
}
