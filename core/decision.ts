import type { Command, CommandId } from "./command.ts";
import type { Masker } from "./masker.ts";

/** Milliseconds since 1970 UTC. The shell reads the clock; core is told. */
export type UnixMs = number;

/**
 * What is asked of the sign-in of whoever votes: how many minutes ago it may have been at most, and
 * by which means (an OpenID `acr`; null: any).
 */
export type SignInRule = { readonly minutes: number; readonly acr: string | null };

/**
 * What the policy says of a command. `rules` are the ids behind it, for people and for the record.
 */
export type Decision =
  | { readonly verdict: "allow"; readonly rules: readonly string[] }
  | { readonly verdict: "block"; readonly rules: readonly string[]; readonly message: string }
  | {
      readonly verdict: "review";
      readonly rules: readonly string[];
      readonly message: string;
      /** Groups whose members may vote. */
      readonly reviewers: readonly string[];
      /** Distinct people needed. */
      readonly approvals: number;
      readonly expiresInSeconds: number;
      /** Null: any sign-in is good. */
      readonly signIn: SignInRule | null;
    };

/** How a hold ended. `message` is shown to the client when the command does not run. */
export type Settled =
  | { readonly verdict: "run"; readonly review: string | null; readonly by: readonly string[] }
  | {
      readonly verdict: "refuse";
      readonly code: "blocked" | "rejected" | "expired" | "withdrawn" | "failed";
      readonly review: string | null;
      readonly message: string;
    };

export type RecordingLevel = "full" | "statements" | "off";

/** What one principal may ask of a service in a stretch of time. */
export type Budget = {
  readonly id: string;
  readonly resource: string;
  readonly seconds: number;
  /** Null: not bounded. */
  readonly requests: number | null;
  readonly bytes: number | null;
  readonly message: string;
};

/** A policy compiled for one principal and one resource. It never parses and never waits. */
export interface Policy {
  readonly version: string;
  readonly masker: Masker;
  readonly recording: RecordingLevel;
  /** When the grant ends, where the document says; absent: when the session's spec says. */
  readonly endsAt?: UnixMs | null;
  /** Of a service; absent: none. */
  readonly budgets?: readonly Budget[];
  decide(command: Command, now: UnixMs): Decision;
}

export type { Command, CommandId };
