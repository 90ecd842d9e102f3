import { describe, expect, it } from "vitest";
import type { Settled } from "../../../../core/decision.ts";
import { HEADER_BYTES } from "../../../../core/protocols/postgres/frames.ts";
import { readFields } from "../../../../core/protocols/postgres/messages.ts";
import { goodbye, heldNotice, refusalError } from "../../../../core/protocols/postgres/refusal.ts";

type Refused = Extract<Settled, { verdict: "refuse" }>;

const read = (whole: Uint8Array) => ({
  type: String.fromCharCode(whole[0] as number),
  ...Object.fromEntries(readFields(whole.subarray(HEADER_BYTES)) as Map<string, string>),
});

describe("a refusal", () => {
  it.each<[Refused["code"], string]>([
    ["blocked", "42501"],
    ["rejected", "42501"],
    ["expired", "42501"],
    ["failed", "42501"],
    ["withdrawn", "57014"],
  ])("that was %s is an ERROR with SQLSTATE %s", (code, sqlstate) => {
    const message = "Not here.";
    expect(read(refusalError({ verdict: "refuse", code, review: null, message }))).toEqual({
      type: "E",
      S: "ERROR",
      V: "ERROR",
      C: sqlstate,
      M: message,
    });
  });

  it("names the review that decided it", () => {
    const settled: Refused = {
      verdict: "refuse",
      code: "rejected",
      review: "rev_7",
      message: "No.",
    };
    expect(read(refusalError(settled))).toMatchObject({ H: "It was decided by review rev_7." });
  });

  it("cannot be made to end its message early", () => {
    const message = "No.\0C00000\0";
    const fields = read(
      refusalError({ verdict: "refuse", code: "blocked", review: null, message }),
    );
    expect(fields).toMatchObject({ C: "42501", M: "No.C00000" });
  });
});

describe("a held statement's notice", () => {
  it.each([
    [60, "1 minute"],
    [61, "2 minutes"],
    [900, "15 minutes"],
  ])("of %i seconds says where to look and that it ends in %s", (expiresInSeconds, span) => {
    const url = "https://gate.example/reviews/rev_7";
    expect(read(heldNotice({ reviewId: "rev_7", url, expiresInSeconds }))).toEqual({
      type: "N",
      S: "NOTICE",
      V: "NOTICE",
      C: "00000",
      M: "This statement waits for approval: review rev_7.",
      D: `The review ends in ${span}. Until then the statement has not run.`,
      H: `See ${url}`,
    });
  });
});

describe("a goodbye", () => {
  it.each([
    ["upstream_unreachable", "08001"],
    ["upstream_ended", "08006"],
    ["upstream_protocol", "08P01"],
    ["client_protocol", "08P01"],
    ["credential", "28000"],
    ["access_refused", "28000"],
    ["journal_full", "53100"],
    ["limit", "54000"],
    ["unmaskable", "54000"],
    ["internal", "XX000"],
    ["grant_over", "57P01"],
    ["killed", "57P01"],
  ])("for %s is FATAL with SQLSTATE %s", (code, sqlstate) => {
    expect(read(goodbye(code, "Over."))).toMatchObject({ type: "E", S: "FATAL", C: sqlstate });
  });
});
