import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { base64, hex } from "../../../core/bytes.ts";
import {
  type Hour,
  hourBytes,
  listedBySession,
  type SignedHour,
  verifyHours,
} from "../../../core/recording/hours.ts";

const digest = (data: Uint8Array) => new Uint8Array(createHash("sha256").update(data).digest());
/** A signature here is the hash itself. */
const verifies = (_: string, signature: Uint8Array, message: Uint8Array) =>
  hex(signature) === hex(digest(message));

const signed = (hour: Hour): SignedHour => {
  const body = JSON.stringify(hour);
  return { body, key: "k", signature: base64(digest(hourBytes(body))) };
};

const chunk = (session: string) => ({ session, first: 1, last: 2, h: "ab" });

function chain(): { hours: Hour[]; entries: SignedHour[] } {
  const hours: Hour[] = [];
  const entries: SignedHour[] = [];
  for (const number of [1, 2, 3]) {
    const before = entries.at(-1);
    const previous = before === undefined ? null : hex(digest(hourBytes(before.body)));
    const [from, until] = [(number - 1) * 100, number * 100];
    const hour = { number, previous, from, until, chunks: [chunk(`ses_${number}`)] };
    hours.push(hour);
    entries.push(signed(hour));
  }
  return { hours, entries };
}

const verdict = (entries: readonly SignedHour[]) => verifyHours(entries, { digest, verifies });

describe("the chain of hours", () => {
  it("is whole as it was written, and from a later entry on", async () => {
    const { hours, entries } = chain();
    expect(await verdict(entries)).toEqual({ is: "whole", hours });
    expect(await verdict(entries.slice(1))).toMatchObject({ is: "whole" });
    expect([...listedBySession(hours).keys()]).toEqual(["ses_1", "ses_2", "ses_3"]);
  });

  const { hours, entries } = chain();
  const [one, two, three] = entries as [SignedHour, SignedHour, SignedHour];
  const second = hours[1] as Hour;
  it.each<[string, SignedHour[], string]>([
    ["an entry is missing", [one, three], "entry 2 is missing"],
    ["a body was changed", [{ ...one, body: one.body.replace("ses_1", "ses_x") }], "no valid sig"],
    ["an entry was made anew", [one, signed({ ...second, chunks: [] }), three], "does not follow"],
    ["time is missing", [one, signed({ ...second, from: 150 })], "time is missing"],
    ["the first names another", [signed({ ...(hours[0] as Hour), previous: "00" })], "the first"],
  ])("is broken when %s", async (_, changed, why) => {
    expect(await verdict(changed)).toMatchObject({
      is: "broken",
      why: expect.stringContaining(why),
    });
  });
  it("takes two entries for one stretch of time", async () => {
    const more = { ...second, number: 3, previous: hex(digest(hourBytes(two.body))) };
    expect(await verdict([one, two, signed(more)])).toMatchObject({ is: "whole" });
  });
});
