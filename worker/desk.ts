import type { Ballot, Outcome, Review, ReviewState, Voter } from "../core/review/review.ts";

/** The ReviewDesk as the worker sees it. */
export interface DeskStub {
  /** Newest first. `after` is the id of the last one seen. */
  list(filter: {
    readonly state: ReviewState | null;
    readonly limit: number;
    readonly after: string | null;
  }): Promise<readonly Review[]>;
  get(id: string): Promise<Review | null>;
  vote(id: string, voter: Voter, ballot: Ballot): Promise<Outcome | null>;
}

/** One desk per deployment (CONTRACTS §8). */
export const deskStub = (env: Env): DeskStub =>
  env.DESK.get(env.DESK.idFromName("desk")) as unknown as DeskStub;
