import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { base64, concat, hex } from "../../core/bytes.ts";
import type { Fact } from "../../core/fact.ts";
import {
  chunkPlainBytesMax,
  encodeChunk,
  headBytes,
  signHead,
} from "../../core/recording/chunk.ts";
import { chainLink, chainSeed } from "../../core/recording/chain.ts";
import { encodeEvent } from "../../core/recording/record.ts";
import { findingOf, type Progress, verifyRecording } from "../../dashboard/src/verify.ts";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const KEY = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
const header = JSON.stringify({ session: "ses_1" });
const sha256 = (data: Uint8Array) => new Uint8Array(createHash("sha256").update(data).digest());
const note: Fact = { kind: "note", message: "<script>alert(1)</script>" };
const counts = { commands: 0, toClientBytes: 0, toUpstreamBytes: 0 };
const end: Fact = { kind: "end", code: "done", message: "", ...counts };

/** Chunks of these facts as the store has them. */
function stored(chunks: readonly (readonly Fact[])[], delivered: number) {
  let h = sha256(chainSeed(header));
  let last = 0;
  return chunks.map((facts) => {
    const records = facts.map((fact) => encodeEvent({ at: 1, command: 0, fact }, (plain) => plain));
    for (const record of records) h = sha256(chainLink(h, record));
    const first = last + 1;
    last += records.length;
    const head = { session: "ses_1", first, last, h: hex(h), at: 1, delivered };
    const signature = new Uint8Array(sign(null, headBytes(head), privateKey));
    const signed = signHead(head, "sign-1", signature);
    return { signed, bytes: encodeChunk({ head: signed, body: gzipSync(concat(records)) }) };
  });
}

type Change = (bytes: Uint8Array, first: number) => Uint8Array | null;
type Asked = { readonly live?: boolean; readonly change?: Change; readonly key?: string };

async function found(facts: readonly (readonly Fact[])[], asked: Asked = {}) {
  const { live = false, change = (bytes) => bytes, key = base64(KEY) } = asked;
  const chunks = stored(facts, 1);
  const progress: Progress[] = [];
  const report = await verifyRecording(
    {
      manifest: async () => ({
        session: "ses_1",
        header,
        live,
        chunks: chunks.map((c) => c.signed),
      }),
      keys: async () => ({ keys: [{ id: "sign-1", algorithm: "Ed25519", key }] }),
      chunk: async (first) => {
        const chunk = chunks.find(({ signed }) => signed.first === first);
        return chunk === undefined ? null : change(chunk.bytes, first);
      },
    },
    (step) => progress.push(step),
  );
  return { ...findingOf(report), progress };
}

const flipped = (bytes: Uint8Array, at: number) =>
  bytes.map((byte, index) => (index === (at + bytes.length) % bytes.length ? byte ^ 1 : byte));

describe("a recording that a browser checks", () => {
  test("is verified chunk by chunk, by its key, up to what was delivered", async () => {
    const { title, more, look, progress } = await found([[note], [note, end]]);
    expect(title).toBe("Verified: all 3 records");
    expect(more).toEqual([
      "Records 2 to 3: recorded, delivery not known.",
      "Signed by key sign-1.",
    ]);
    expect(look).toBe("good");
    expect(progress.map(({ done, of, records }) => [done, of, records])).toEqual([
      [0, 2, 0],
      [1, 2, 1],
      [2, 2, 3],
    ]);
  });

  test.each<[string, Change, string, string]>([
    ["a bit", (bytes, first) => (first === 2 ? flipped(bytes, -9) : bytes), "2", "cannot be read"],
    ["its head", (bytes) => flipped(bytes, 20), "1", "no valid signature by key sign-1"],
    ["its length", (bytes, first) => bytes.subarray(0, first === 2 ? -1 : undefined), "2", "read"],
    ["all of it", (bytes, first) => (first === 2 ? null : bytes), "2", "the store does not have"],
  ])("is damaged where %s of a chunk was changed", async (_, change, at, why) => {
    const { title, more, look } = await found([[note], [note, end]], { change });
    expect(title).toBe(`Damaged at record ${at}`);
    expect(more[0]).toContain(why);
    expect(look).toBe("danger");
  });

  test("is damaged where a genuine head stands over another body", async () => {
    const other = stored([[{ kind: "note", message: "another" }]], 1)[0];
    const change = (bytes: Uint8Array) => {
      const length = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
      const body = other?.bytes.subarray(4 + new DataView(other.bytes.buffer).getUint32(0));
      return concat([bytes.subarray(0, length), body ?? new Uint8Array()]);
    };
    const { title, more } = await found([[note, end].slice(0, 1)], { change });
    expect([title, more[0]]).toEqual([
      "Damaged at record 1",
      "Found: the chain does not fit its signed head.",
    ]);
  });

  test("is cut where its end is missing, unless it still goes on", async () => {
    expect(await found([[note], [note]])).toMatchObject({
      title: "Cut at record 3",
      look: "danger",
      more: expect.arrayContaining(["The first 2 records are as they were signed."]),
    });
    expect(await found([[note], [note]], { live: true })).toMatchObject({
      title: "Verified up to record 2",
      look: "good",
    });
  });

  test("is not believed by a key that nobody knows, and fills no memory", async () => {
    const stranger = generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" }).x ?? "";
    const key = Buffer.from(stranger, "base64url").toString("base64");
    expect((await found([[note, end]], { key })).title).toBe("Damaged at record 1");
    const [bomb] = stored([[note, end]], 1);
    const body = gzipSync(Buffer.alloc(chunkPlainBytesMax + 1));
    const head = bomb?.signed as NonNullable<typeof bomb>["signed"];
    const change = () => encodeChunk({ head, body });
    expect(await found([[note, end]], { change })).toMatchObject({ title: "Damaged at record 1" });
  });
});

test("what cannot be fetched is no verdict", async () => {
  const away = async () => {
    throw new Error("away");
  };
  const source = {
    manifest: async () => ({
      session: "s",
      header,
      live: false,
      chunks: stored([[end]], 1).map(({ signed }) => signed),
    }),
    keys: async () => ({ keys: [] }),
    chunk: away,
  };
  await expect(verifyRecording(source, () => {})).rejects.toThrow("away");
});
