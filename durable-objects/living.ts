import type { Review } from "../core/review/review.ts";
import type { SessionSpec } from "../core/session.ts";
import type { Arrival } from "../store/health.ts";
import type { ObjectsEnv } from "./env.ts";
import type { Journal } from "./journal.ts";
import type { Shipping } from "./shipping.ts";

/** A session while it lives, whatever it speaks. */
export interface Live {
  readonly spec: SessionSpec;
  readonly journal: Journal;
  readonly shipping: Shipping;
  /** The version in force for this session. */
  readonly policy: string;
  readonly commands: number;
  readonly closed: boolean;
  adopt(applied: SessionSpec["policy"]): void;
  revoke(code: string, reason: string): void;
  /** A review of this session is over. */
  settled(review: Review): Promise<void>;
  /** Asks the desk, in case its word was lost. */
  recall(): Promise<void>;
  /** Asked with each ping: is there still anybody? */
  beat(): void;
  /** What others have made of the target. */
  freshen(): Promise<void>;
  close(code: string, message: string): void;
}

export type LiveParts = {
  readonly env: ObjectsEnv;
  readonly journal: Journal;
  readonly shipping: Shipping;
  /** Ships what waits, and sees to it that it is tried again. */
  readonly ship: () => void;
  /** Called after each append. */
  readonly recorded: () => void;
  /** Called once at most: whether and how fast the target was reached. */
  readonly arrived: (how: Arrival) => void;
  /** Called once, when both ends have been closed; `recorded`: the journal has the end. */
  readonly over: (code: string, message: string, recorded: boolean) => void;
};
