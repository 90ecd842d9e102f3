import { describe, expect, test } from "vitest";
import { OPERATIONS } from "../../core/command.ts";
import {
  asker,
  estimateInWords,
  factsAndRows,
  factsInWords,
  listed,
  timeLeft,
} from "../../dashboard/src/words.ts";

const facts = (operations: string[], objects: string[] = [], unbounded = false) =>
  factsInWords({ operations, objects, unbounded, access: null });

test("a request for access says which, and for how long", () => {
  const access = { grant: "on-call", hours: 1, endsAt: null };
  const said = factsInWords({ operations: [], objects: [], unbounded: false, access });
  expect(said).toBe("asks for on-call for 1 hour");
});

test("the planner's estimate stands behind the facts, and why there is none beside them", () => {
  const access = null;
  const deletes = {
    operations: ["delete"],
    objects: ["public.customers"],
    unbounded: true,
    access,
  };
  const seen = (estimate: Parameters<typeof estimateInWords>[0]["estimate"]) =>
    ({ ...deletes, state: "pending", estimate }) as const;
  const known = seen({ rows: 48_210, cost: 1, scans: [] });
  expect(factsAndRows(known)).toBe(
    "deletes from public.customers with no condition: about 48,210 rows",
  );
  const none = seen({ none: "It is too long." });
  expect(factsAndRows(none)).toBe("deletes from public.customers with no condition");
  expect(estimateInWords(none)).toBe("no estimate: It is too long.");
  expect(estimateInWords(seen(null))).toBe("is being asked for");
  expect(estimateInWords({ ...seen(null), state: "expired" })).toBeNull();
  expect(estimateInWords({ ...seen(null), objects: ["/payments"] })).toBeNull();
});

describe("what a command does, in words", () => {
  test.for([
    [["delete"], ["public.customers"], true, "deletes from public.customers with no condition"],
    [["delete"], ["public.customers"], false, "deletes from public.customers"],
    [["select"], ["public.a", "public.b"], false, "reads public.a and public.b"],
    [["select"], [], false, "reads"],
    [["delete", "transaction"], ["public.a"], true, "deletes from public.a with no condition"],
    [["transaction"], [], false, "steers a transaction"],
    [
      ["delete", "select", "update"],
      ["public.a", "public.b", "public.c"],
      true,
      "deletes, updates and reads, touching public.a, public.b and public.c, with no condition",
    ],
    [["unknown"], [], false, "does what could not be read"],
    [
      ["select", "unknown"],
      ["public.a"],
      false,
      "does what could not be read and reads, touching public.a",
    ],
    [["new-word"], ["public.a"], false, "new-word public.a"],
    [["get"], ["/customers/7"], false, "reads /customers/7"],
    [["head"], ["/a"], false, "asks after /a"],
    [["options"], ["/a"], false, "asks what may be done with /a"],
    [["post"], ["/payments"], false, "posts to /payments"],
    [["put"], ["/a"], false, "stores /a"],
    [["patch"], ["/a"], false, "changes /a"],
    [["delete"], ["/payments/7"], false, "deletes /payments/7"],
    [["get", "websocket"], ["/live"], false, "opens a WebSocket to /live"],
    [["unknown"], ["/a"], false, "does what could not be read with /a"],
    [[], [], true, "does nothing that is known with no condition"],
  ] as const)("%j on %j", ([operations, objects, unbounded, words]) => {
    expect(facts([...operations], [...objects], unbounded)).toBe(words);
  });

  test("says something of every operation, and hides none that changes something", () => {
    for (const [operation, access] of Object.entries(OPERATIONS)) {
      expect(facts([operation])).not.toBe("");
      if (access === "read") continue;
      expect(facts([operation, "select"])).toContain(facts([operation]));
    }
  });
});

test("who asks, and for whom", () => {
  expect(asker({ principal: "Ada", onBehalfOf: null })).toBe("Ada");
  expect(asker({ principal: "bot", onBehalfOf: "Ada" })).toBe("bot on behalf of Ada");
});

test("a list reads like a sentence", () => {
  expect(["", "a", "a and b", "a, b and c"]).toEqual(
    [[], ["a"], ["a", "b"], ["a", "b", "c"]].map(listed),
  );
});

test.for([
  [0, null],
  [-5_000, null],
  [1, "0:01"],
  [59_001, "1:00"],
  [245_000, "4:05"],
  [4_320_000, "1 h 12 min"],
  [3 * 86_400_000, "3 days"],
] as const)("%i ms are left: %s", ([milliseconds, words]) => {
  expect(timeLeft(milliseconds)).toBe(words);
});
