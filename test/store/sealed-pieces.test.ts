import { describe, expect, it } from "vitest";
import { sealedPieceBytes as piece } from "../../core/limits.ts";
import { SealError } from "../../store/seal.ts";
import { openedPieces, SealedWriter } from "../../store/sealed-pieces.ts";

const size = piece + 16;

/** As R2 is: parts of one size, of 5 MiB at least, but for the last. */
class Bucket {
  readonly parts: Uint8Array[] = [];
  whole: Buffer | null = null;
  aborted = false;
  async put(_: string, bytes: Uint8Array): Promise<void> {
    this.whole = Buffer.from(bytes);
  }
  async createMultipartUpload() {
    return {
      uploadPart: async (n: number, bytes: Uint8Array) => {
        expect(n).toBe(this.parts.push(bytes));
        return n;
      },
      complete: async (parts: readonly number[]) => {
        expect(parts).toEqual(this.parts.map((_, at) => at + 1));
        const sizes = this.parts.slice(0, -1).map(({ length }) => length);
        expect(new Set(sizes).size).toBe(1);
        expect(sizes[0]).toBeGreaterThanOrEqual(5 * 1_048_576);
        this.whole = Buffer.concat(this.parts);
      },
      abort: async () => {
        this.aborted = true;
      },
    };
  }
}

async function sealed(plain: Uint8Array, step = plain.length + 1) {
  const bucket = new Bucket();
  const writer = new SealedWriter(bucket as unknown as R2Bucket, "results/x");
  for (let at = 0; at < plain.length; at += step) await writer.write(plain.slice(at, at + step));
  await writer.finish();
  return { bytes: bucket.whole as unknown as Buffer, key: writer.key };
}

async function opened(bytes: Uint8Array, key: Uint8Array, step = 65_536): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const stream = new ReadableStream<Uint8Array>({
    start(out) {
      for (let at = 0; at < bytes.length; at += step) out.enqueue(bytes.slice(at, at + step));
      out.close();
    },
  });
  for await (const one of openedPieces(key, stream)) pieces.push(one);
  return Buffer.concat(pieces);
}

const sample = (length: number) => Buffer.alloc(length, "what nobody else may read; ");

describe("something large that is sealed by pieces", () => {
  it.each([0, 1, piece - 1, piece, piece + 1, 2 * piece, 3 * piece + 7, 41 * piece + 5])(
    "opens as it was, of %d bytes",
    async (length) => {
      const plain = sample(length);
      const { bytes, key } = await sealed(plain, 100_000);
      expect(bytes.length).toBe(length + 16 * Math.max(1, Math.ceil(length / piece)));
      expect(bytes.includes("nobody")).toBe(false);
      for (const step of [99_999, bytes.length]) {
        expect(plain.equals(await opened(bytes, key, step))).toBe(true);
      }
    },
  );

  it("does not open with a bit changed, by another key, or as another's", async () => {
    const { bytes, key } = await sealed(sample(2 * piece + 5));
    for (const at of [0, size - 1, size, 2 * size, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 1;
      await expect(opened(changed, key)).rejects.toThrow(SealError);
    }
    await expect(opened(bytes, (await sealed(sample(0))).key)).rejects.toThrow(SealError);
    await expect(opened(bytes, key.slice(1))).rejects.toThrow(SealError);
  });

  it("does not open in another order, with a piece missing, twice or cut", async () => {
    const { bytes, key } = await sealed(sample(3 * piece + 5));
    const of = (n: number) => bytes.subarray(n * size, (n + 1) * size);
    const orders = [
      [1, 0, 2, 3],
      [0, 2, 3],
      [0, 1, 1, 2, 3],
      [0, 1, 2],
      [0],
      [3],
      [],
      [0, 1, 2, 3, 3],
    ];
    for (const order of orders) {
      await expect(opened(Buffer.concat(order.map(of)), key)).rejects.toThrow(SealError);
    }
    await expect(opened(bytes.subarray(0, -1), key)).rejects.toThrow(SealError);
    await expect(opened(Buffer.concat([bytes, Buffer.from("x")]), key)).rejects.toThrow(SealError);
    expect((await opened(Buffer.concat([0, 1, 2, 3].map(of)), key)).length).toBe(3 * piece + 5);
  });

  it("leaves nothing when it is given up", async () => {
    const bucket = new Bucket();
    const writer = new SealedWriter(bucket as unknown as R2Bucket, "results/x");
    await writer.write(sample(30 * piece));
    await writer.abort();
    expect([bucket.aborted, bucket.whole]).toEqual([true, null]);
  });
});
