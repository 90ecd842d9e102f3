import {
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  createDeflate,
  createGunzip,
  createGzip,
  createInflate,
} from "node:zlib";
import type { Coding } from "../../core/exchange.ts";
import { decodedRatioMax, decodedSlackBytes } from "../../core/limits.ts";

/*
 * Content codings (RFC 9110 section 8.4.1), taken off what a service sends before it is masked and
 * put on again for the client.
 */

const DECODERS = {
  gzip: createGunzip,
  br: createBrotliDecompress,
  deflate: createInflate,
} as const satisfies Record<Coding, () => unknown>;

/** Pieces of the content. Throws where it is not so coded, or is a bomb. */
export async function* decoded(
  coding: Coding,
  coded: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const source = coded[Symbol.asyncIterator]();
  let next = await source.next();
  // No content at all is not coded either, whatever the head says.
  if (next.done === true) return;
  const decoder = DECODERS[coding]();
  let [taken, given] = [0, 0];
  const feeding = (async () => {
    try {
      for (; next.done !== true; next = await source.next()) {
        taken += next.value.length;
        if (!decoder.write(next.value)) {
          await new Promise((resolve) => decoder.once("drain", resolve));
        }
      }
      decoder.end();
    } catch (error) {
      decoder.destroy(error as Error);
    } finally {
      await source.return?.();
    }
  })();
  try {
    for await (const piece of decoder as AsyncIterable<Uint8Array>) {
      given += piece.length;
      if (given > decodedSlackBytes + taken * decodedRatioMax) throw new Error("a bomb");
      yield piece;
    }
    await feeding;
  } finally {
    decoder.destroy();
  }
}

/** What was given comes out at once: a client may wait for just that. */
export interface Encoder {
  push(bytes: Uint8Array): Promise<readonly Uint8Array[]>;
  finish(): Promise<readonly Uint8Array[]>;
}

export function encoderOf(coding: Coding): Encoder {
  const encoder =
    coding === "br"
      ? createBrotliCompress({
          flush: constants.BROTLI_OPERATION_FLUSH,
          params: { [constants.BROTLI_PARAM_QUALITY]: 4 },
        })
      : (coding === "gzip" ? createGzip : createDeflate)({ flush: constants.Z_SYNC_FLUSH });
  let out: Uint8Array[] = [];
  encoder.on("data", (piece: Uint8Array) => out.push(piece));
  const taken = (): readonly Uint8Array[] => {
    const pieces = out;
    out = [];
    return pieces;
  };
  const failed = new Promise<never>((_, reject) => encoder.once("error", reject));
  failed.catch(() => {});
  return {
    async push(bytes) {
      const written = new Promise<void>((resolve) => encoder.write(bytes, () => resolve()));
      await Promise.race([written, failed]);
      return taken();
    },
    async finish() {
      const ended = new Promise<void>((resolve) => encoder.once("end", () => resolve()));
      encoder.end();
      await Promise.race([ended, failed]);
      return taken();
    },
  };
}
