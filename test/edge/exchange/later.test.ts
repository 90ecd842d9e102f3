import { expect, it } from "vitest";
import { type Held, Later, type Taker } from "../../../durable-objects/exchange/later.ts";
import type { Results } from "../../../durable-objects/exchange/results.ts";

const ASKED = {
  on: "asked",
  command: 1,
  review: "rev_1",
  url: "https://gateway.example/reviews/rev_1",
  expiresInSeconds: 60,
  expiresAt: 61_000,
} as const;

/** A request that is held, whose client waits while the row of its answer is being written. */
async function promised() {
  const told: (number | null)[] = [];
  const taken: (number | null)[] = [];
  const notes: string[] = [];
  const written = Promise.withResolvers<void>();
  const diverted = Promise.withResolvers<void>();
  let takes: Taker = (answer) => told.push(answer?.status ?? null);
  const held = {
    spec: {
      id: "ses_1",
      publicUrl: "https://gateway.example",
      principal: { id: "p" },
      resource: { name: "billing-api" },
    },
    waits: true,
    divert: (take: Taker) => {
      const before = takes;
      takes = take;
      diverted.resolve();
      return before;
    },
    note: (message: string) => notes.push(message) > 0,
  } as unknown as Held;
  const results = {
    db: { insert: () => ({ values: () => written.promise }) },
    expect: () => {},
    forget: () => {},
    take: (_: unknown, answer: Response | null) => taken.push(answer?.status ?? null),
  } as unknown as Results;
  const later = new Later(held, results, 0);
  const done = later.asked(ASKED);
  await diverted.promise;
  const over = async () => {
    written.resolve();
    await done;
  };
  return { answer: (given: Response | null) => takes(given), over, later, told, taken, notes };
}

it("says that a client was told to come again where it was", async () => {
  const { answer, over, later, told, taken, notes } = await promised();
  answer(new Response(null, { status: 201 }));
  await over();
  expect([told, taken, later.promised]).toEqual([[202], [201], true]);
  expect(notes).toEqual([`Its client was told to come again, for ${later.id}.`]);
});

it("does not say so of a client that left while the answer was being promised", async () => {
  const { answer, over, later, told, taken, notes } = await promised();
  answer(null);
  await over();
  expect([told, taken, later.promised]).toEqual([[null], [null], false]);
  expect(notes).toEqual([]);
});
