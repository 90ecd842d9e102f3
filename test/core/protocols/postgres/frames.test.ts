import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, equal, putU32 } from "../../../../core/bytes.ts";
import {
  ByteQueue,
  cString,
  peekHeader,
  runEnd,
  takeMessage,
} from "../../../../core/protocols/postgres/frames.ts";

const message = (type: string, length: number): Uint8Array => {
  const bytes = new Uint8Array(length + 5).fill(7);
  bytes[0] = type.charCodeAt(0);
  putU32(bytes, 1, length + 4);
  return bytes;
};

describe("ByteQueue", () => {
  it("gives back the same bytes, whatever the cuts in and out", () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 16 });
    fc.assert(
      fc.property(sizes, sizes, (pushes, takes) => {
        const queue = new ByteQueue();
        let counter = 0;
        const pushed: Uint8Array[] = [];
        const taken: Uint8Array[] = [];
        const rest = [...takes];
        for (const size of pushes) {
          const bytes = Uint8Array.from({ length: size }, () => counter++ & 255);
          pushed.push(bytes);
          queue.push(bytes.slice());
          const take = rest.shift() ?? 0;
          if (take <= queue.length) taken.push(queue.take(take));
          else expect(queue.peek(take)).toBeNull();
        }
        while (queue.length > 0) taken.push(queue.takeSome(500));
        expect(equal(concat(taken), concat(pushed))).toBe(true);
      }),
    );
  });

  it("never writes again to a view that it has handed out", () => {
    const queue = new ByteQueue();
    for (const byte of [1, 2, 3]) queue.push(Uint8Array.of(byte));
    const view = queue.take(2);
    for (let i = 0; i < 5_000; i++) queue.push(Uint8Array.of(9));
    expect([...view]).toEqual([1, 2]);
  });
});

describe("messages", () => {
  it("come out whole however they are cut", () => {
    const stream = concat([message("Q", 10), message("S", 0), message("d", 70_000)]);
    for (const size of [1, 3, 4096, 5000, stream.length]) {
      const queue = new ByteQueue();
      const seen: string[] = [];
      for (let at = 0; at < stream.length; at += size) {
        queue.push(stream.subarray(at, at + size));
        for (let header = peekHeader(queue); header !== null; header = peekHeader(queue)) {
          if (header === "malformed" || queue.length < header.length) break;
          const { type, body } = takeMessage(queue, header.length);
          seen.push(`${String.fromCharCode(type)}${body.length}`);
        }
      }
      expect(seen).toEqual(["Q10", "S0", "d70000"]);
    }
  });

  it.each([[0], [3], [0xffffffff], [0x80000000]])("refuses the length %i", (length) => {
    const queue = new ByteQueue();
    const bytes = message("Q", 0);
    putU32(bytes, 1, length);
    queue.push(bytes);
    expect(peekHeader(queue)).toBe("malformed");
  });

  it("finds the end of a run of one type", () => {
    const row = message("D", 20);
    const bytes = concat([row, row, message("C", 5), row]);
    expect(runEnd(bytes, 0x44, 100)).toBe(50);
    expect(runEnd(bytes.subarray(0, 49), 0x44, 100)).toBe(25);
    expect(runEnd(bytes, 0x43, 100)).toBe(0);
    expect(runEnd(bytes, 0x44, 24)).toBe(0);
  });

  it("reads a string up to its NUL", () => {
    expect(cString(Uint8Array.of(65, 66, 0, 1), 0)).toEqual({
      bytes: Uint8Array.of(65, 66),
      next: 3,
    });
    expect(cString(Uint8Array.of(65), 0)).toBeNull();
  });
});
