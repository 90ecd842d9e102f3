/** How much of each thing a run does; a full one ends within seventeen minutes on two cores. */
export type Effort = {
  readonly repeats: number;
  /** Of one run of pgbench. */
  readonly seconds: number;
  readonly pgbench: readonly PgbenchLine[];
  /** Of the large result. */
  readonly rows: number;
  /** Of a large answer over HTTP. */
  readonly streamMegabytes: number;
  /** Held open at once to measure memory. */
  readonly sessions: number;
  /** How long memory is watched while buffers fill and windows close. */
  readonly settleMs: number;
  readonly openings: number;
  /** Sessions in the store whose list is read, and how often each page of it is asked for. */
  readonly listed: number;
  readonly asked: number;
  /** Statements that are held and approved, each way. */
  readonly approvals: number;
  /** How often each page is gone to. */
  readonly paints: number;
};

export type PgbenchLine = {
  readonly script: "select-only" | "tpcb-like";
  readonly clients: number;
  readonly mode: "simple" | "extended" | "prepared";
};

const lines = (["select-only", "tpcb-like"] as const).flatMap((script) =>
  [1, 8].flatMap((clients) =>
    (["simple", "extended", "prepared"] as const).map((mode) => ({ script, clients, mode })),
  ),
);

export const FULL: Effort = {
  repeats: 3,
  seconds: 1,
  pgbench: lines,
  rows: 1_000_000,
  streamMegabytes: 200,
  sessions: 50,
  settleMs: 1_000,
  openings: 100,
  listed: 1_000_000,
  asked: 200,
  approvals: 60,
  paints: 30,
};

/** Shows that everything runs; its figures say little. */
export const QUICK: Effort = {
  repeats: 1,
  seconds: 1,
  pgbench: lines.filter(({ clients, mode }) => clients === 1 && mode === "prepared"),
  rows: 20_000,
  streamMegabytes: 10,
  sessions: 4,
  settleMs: 200,
  openings: 10,
  listed: 60_000,
  asked: 20,
  approvals: 3,
  paints: 2,
};
