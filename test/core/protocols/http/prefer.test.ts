import { describe, expect, it } from "vitest";
import { readPrefer } from "../../../../core/protocols/http/prefer.ts";

describe("preferences of a request", () => {
  it.each([
    [null, null, null],
    ["", null, ""],
    ["return=minimal", null, "return=minimal"],
    ["wait=10", null, "wait=10"],
    ["x-respond-async", null, "x-respond-async"],
    ['note="respond-async, wait=5"', null, 'note="respond-async, wait=5"'],
    ["respond-async", 0, null],
    ["Respond-Async", 0, null],
    ["respond-async, wait=10", 10, null],
    ["wait=10,respond-async", 10, null],
    ['WAIT = "10" , respond-async;x=1', 10, null],
    ["respond-async, wait=10, wait=99", 10, null],
    ["respond-async, wait=10;x=2", 10, null],
    ["respond-async, wait", 0, null],
    ["respond-async, wait=-1", 0, null],
    ["respond-async, wait=99999999999", 0, null],
    ["respond-async, wait=1e3", 0, null],
    ["return=minimal, respond-async", 0, "return=minimal"],
    ['a="1,\\"2", respond-async, , b;c=d', 0, 'a="1,\\"2", b;c=d'],
    ['respond-async, broken="', 0, 'broken="'],
  ])("%j", (value, laterSeconds, rest) => {
    expect(readPrefer(value)).toEqual({ laterSeconds, rest });
  });
});
