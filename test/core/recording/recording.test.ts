import { createHash, generateKeyPairSync, sign, verify as verifySignature } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { concat, hex, text, utf8 } from "../../../core/bytes.ts";
import type { Event, Fact } from "../../../core/fact.ts";
import { bindBytesMax, sqlBytesMax } from "../../../core/limits.ts";
import { chainLink, chainSeed, headerJson } from "../../../core/recording/chain.ts";
import {
  chunkPlainBytesMax,
  encodeChunk,
  encodeExportHeader,
  headBytes,
  signHead,
} from "../../../core/recording/chunk.ts";
import { replay, verdictText, verify } from "../../../core/recording/reader.ts";
import {
  decodeRecord,
  decodeSecret,
  encodeEvent,
  splitRecords,
} from "../../../core/recording/record.ts";

const sha256 = (data: Uint8Array) => new Uint8Array(createHash("sha256").update(data).digest());
const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 0xff);
const at = 1_764_000_000_123;
const event = (command: number, fact: Fact): Event => ({ at, command, fact });
const note = (message: string): Event => event(0, { kind: "note", message });
const end = event(0, {
  kind: "end",
  code: "done",
  message: "The client left.",
  commands: 1,
  toClientBytes: 3,
  toUpstreamBytes: 2,
});
const secret = { text: "select 'canary'", parameters: [{ type: 25, format: 0, value: "Y2E=" }] };
const command = event(7, {
  kind: "command",
  shown: "select $1",
  operations: ["select"],
  objects: [],
  unbounded: false,
  digest: "00",
  secret,
});

describe("the largest commands", () => {
  const size = ({ text: sent, bytes }: { text: string; bytes: number }): number => {
    const value = Buffer.alloc(bytes).toString("base64");
    const parameters = [{ type: 17, format: 1, value }];
    const fact = { ...command.fact, secret: { text: sent, parameters } } as Fact;
    return encodeEvent(event(1, fact), flip).length;
  };

  it.each([
    ["bind values", size({ text: "insert into t values ($1)", bytes: bindBytesMax })],
    ["text of controls", size({ text: "\u0001".repeat(sqlBytesMax), bytes: 0 })],
    ["both", size({ text: "\u0001".repeat(sqlBytesMax), bytes: bindBytesMax })],
  ])("fit into what readers take for a chunk: %s", (_, length) => {
    expect(length).toBeLessThan(chunkPlainBytesMax);
  });
});

describe("a record, to the byte", () => {
  const golden: readonly (readonly [string, Event, string])[] = [
    ["JSON", note("hi"), `0000001b0b019ab697e87b00000000${hex(utf8('{"message":"hi"}'))}`],
    [
      "raw bytes",
      event(3, { kind: "toClient", bytes: Uint8Array.of(0, 255) }),
      "0000000d0c019ab697e87b0000000300ff",
    ],
  ];
  it.each(golden)("is length, kind, instant, command, payload: %s", (_, given, expected) => {
    expect(hex(encodeEvent(given, flip))).toBe(expected);
  });

  it("gives back what was put in", () => {
    const record = encodeEvent(end, flip);
    expect(decodeRecord(record)).toEqual({ at, command: 0, fact: end.fact });
  });

  it("holds a secret in sealed form only, and opens it with the key", async () => {
    const record = encodeEvent(command, flip);
    expect(text(record)).not.toContain("canary");
    const fact = decodeRecord(record)?.fact as { secret: string };
    expect(await decodeSecret(fact.secret, flip)).toEqual(secret);
  });

  it.each([
    ["cut in its head", (bytes: Uint8Array) => bytes.subarray(0, 9)],
    ["cut in its payload", (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 1)],
    ["shorter than its head", () => Uint8Array.of(0, 0, 0, 1, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
  ])("is refused when it is %s", (_, damage) => {
    expect(splitRecords(damage(encodeEvent(end, flip)))).toBeNull();
  });
});

const pair = generateKeyPairSync("ed25519");
const header = headerJson({ session: "ses_1", principal: "u", resource: "res_1", openedAt: at });

/** An export of these chunks of events, and its parts. */
function exported(...chunks: readonly (readonly Event[])[]) {
  let h = sha256(chainSeed(header));
  let seq = 0;
  const parts = chunks.map((events) => {
    const records = events.map((one) => encodeEvent(one, flip));
    for (const record of records) h = sha256(chainLink(h, record));
    const first = seq + 1;
    seq += records.length;
    const head = { session: "ses_1", first, last: seq, h: hex(h), at, delivered: first };
    const signature = new Uint8Array(sign(null, headBytes(head), pair.privateKey));
    const body = new Uint8Array(gzipSync(concat([new Uint8Array(), ...records])));
    return encodeChunk({ head: signHead(head, "k1", signature), body });
  });
  return [encodeExportHeader(header), ...parts];
}

const reading = {
  digest: async (data: Uint8Array) => sha256(data),
  gunzip: (data: Uint8Array) => new Uint8Array(gunzipSync(data)),
  verifies: (key: string, signature: Uint8Array, message: Uint8Array) =>
    key === "k1" && verifySignature(null, message, pair.publicKey, signature),
};
const verdictOf = async (parts: readonly Uint8Array[]) => {
  const verdict = await verify(concat([...parts]), reading);
  return verdictText(verdict);
};

describe("a raw export", () => {
  const [head, one, two, three] = exported([note("a"), command], [note("b")], [note("c"), end]) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const changed = (chunk: Uint8Array, position: number): Uint8Array => {
    const copy = chunk.slice();
    copy[position] = (copy[position] as number) ^ 1;
    return copy;
  };

  it("is whole, and its tail after the last acknowledgement is told apart", async () => {
    expect(await verdictOf([head, one, two, three])).toBe(
      "whole: 5 records; records 5 to 5: recorded, delivery not known",
    );
  });

  it.each([
    ["the last chunk is missing", [head, one, two], "cut at 4"],
    ["it is cut inside a chunk", [head, one, two, three.subarray(0, -1)], "cut at 4"],
    ["nothing came", [head], "cut at 1"],
    ["a chunk is missing", [head, one, three], "broken at 3: a chunk from record 4 on"],
    ["chunks changed places", [head, two, one, three], "broken at 1: a chunk from record 3 on"],
    ["a chunk comes twice", [head, one, one], "broken at 3: a chunk from record 1 on"],
    [
      "the header was changed",
      [changed(head, head.length - 2), one],
      "broken at 1: the chain does not fit its signed head",
    ],
    ["the session is another", [changed(head, 20), one], "broken at 1: a chunk of another session"],
    ["a head was changed", [head, changed(one, 20)], "broken at 1: no valid signature by key k1"],
    ["it has no header", [Uint8Array.of(1)], "broken at 1: no session header"],
  ])("says so when %s", async (_, parts, verdict) => {
    expect(await verdictOf(parts)).toBe(verdict);
  });

  it("is broken by a record that was changed under a genuine head", async () => {
    const other = exported([note("A"), command])[1] as Uint8Array;
    const length = 4 + new DataView(one.buffer, one.byteOffset).getUint32(0);
    const otherLength = 4 + new DataView(other.buffer, other.byteOffset).getUint32(0);
    const forged = concat([one.subarray(0, length), other.subarray(otherLength)]);
    expect(await verdictOf([head, forged, two, three])).toBe(
      "broken at 1: the chain does not fit its signed head",
    );
  });

  it("replays as events with their numbers", () => {
    const body = concat([note("a"), end].map((one) => encodeEvent(one, flip)));
    expect([...replay(8, body)].map(({ seq, fact }) => [seq, fact.kind])).toEqual([
      [8, "note"],
      [9, "end"],
    ]);
  });
});
