import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, equal, fromHex, hex, utf8 } from "../../../core/bytes.ts";
import { tunnelFrameBytesMax, tunnelWindowBytes } from "../../../core/limits.ts";
import {
  dataBytesMax,
  dataFrames,
  decodeFrame,
  encodeFrame,
  type Frame,
} from "../../../core/tunnel/frames.ts";

const close = `{"code":"57P01","message":"Over."}`;
const opened = `{"session":"ses_a","windowBytes":1048576,"server":"sluice"}`;

const WIRE: readonly [Frame, string][] = [
  [{ is: "data", bytes: fromHex("51000000") }, "0051000000"],
  [{ is: "data", bytes: new Uint8Array(0) }, "00"],
  [{ is: "ack", total: 262_144 }, "010000000000040000"],
  [{ is: "ack", total: Number.MAX_SAFE_INTEGER }, "01001fffffffffffff"],
  [{ is: "end" }, "02"],
  [{ is: "close", code: "57P01", message: "Over." }, `03${hex(utf8(close))}`],
  [{ is: "ping" }, "04"],
  [{ is: "pong" }, "05"],
  [{ is: "cancel", key: fromHex("2a000007") }, "062a000007"],
  [
    { is: "opened", session: "ses_a", windowBytes: tunnelWindowBytes, server: "sluice" },
    `07${hex(utf8(opened))}`,
  ],
];

describe("frames", () => {
  it.each(WIRE)("%o has its bytes, both ways", (frame, bytes) => {
    expect(hex(encodeFrame(frame))).toBe(bytes);
    expect(decodeFrame(fromHex(bytes))).toEqual(frame);
  });

  it("hands data out as a view of the message", () => {
    const message = fromHex("000102");
    const frame = decodeFrame(message);
    if (frame.is !== "data") throw new Error(frame.is);
    expect(frame.bytes.buffer).toBe(message.buffer);
  });

  it.each([
    ["", "empty"],
    ["08", "unknown type 8"],
    ["ff00", "unknown type 255"],
    ["0100000000", "acknowledgement of 4 bytes"],
    ["010020000000000000", "beyond 2^53"],
    ["0200", "payload in a frame end"],
    ["0400", "payload in a frame ping"],
    ["06", "cancel key of 0 bytes"],
    [`06${"00".repeat(257)}`, "cancel key of 257 bytes"],
    [`03${hex(utf8("{"))}`, "code and message"],
    [`03${hex(utf8("null"))}`, "code and message"],
    [`03${hex(utf8(`{"code":1,"message":"x"}`))}`, "code and message"],
    ["03ff", "code and message"],
    [`07${hex(utf8(`{"session":"s","windowBytes":1048576}`))}`, "session and server"],
    [`07${hex(utf8(`{"session":"s","server":"","windowBytes":262143}`))}`, "impossible window"],
    [`07${hex(utf8(`{"session":"s","server":"","windowBytes":1048577}`))}`, "impossible window"],
    [`07${hex(utf8(`{"session":"s","server":"","windowBytes":"1"}`))}`, "impossible window"],
  ])("refuses %s: %s", (bytes, message) => {
    const frame = decodeFrame(fromHex(bytes));
    expect(frame).toMatchObject({ is: "invalid", message: expect.stringContaining(message) });
  });

  it("refuses text, and anything over the bound by one byte", () => {
    expect(decodeFrame("\u0004").is).toBe("invalid");
    expect(decodeFrame(new Uint8Array(tunnelFrameBytesMax)).is).toBe("data");
    expect(decodeFrame(new Uint8Array(tunnelFrameBytesMax + 1)).is).toBe("invalid");
  });

  it("never throws, whatever comes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void decodeFrame(bytes)));
  });

  it.each([0, 1, dataBytesMax, dataBytesMax + 1, 3 * dataBytesMax + 5])(
    "cuts %i bytes of data into frames within the bound that join again",
    (length) => {
      const bytes = Uint8Array.from({ length }, (_, i) => i * 31);
      const parts = [...dataFrames(bytes)].map((message) => {
        expect(message.length).toBeLessThanOrEqual(tunnelFrameBytesMax);
        const frame = decodeFrame(message);
        return frame.is === "data" ? frame.bytes : utf8("not data");
      });
      expect(parts.length).toBe(Math.ceil(length / dataBytesMax));
      expect(equal(concat(parts), bytes)).toBe(true);
    },
  );
});
