import { EMPTY } from "../../core/bytes.ts";
import { readBufferBytesBusy, readBufferBytesIdle } from "../../core/limits.ts";

type Chunk = { readonly value?: Uint8Array | undefined };

/**
 * Bytes of a body that is read in one go: its length is told, and one buffer holds it. Null: it is
 * longer, or has a coding that may have to be taken off, or only its end will tell its length.
 */
export function lengthOf({ headers }: Response): number | null {
  const told = headers.get("content-length");
  if (told === null || headers.has("content-encoding")) return null;
  const length = Number(told);
  return length <= readBufferBytesBusy ? length : null;
}

/** All of it. Throws where it breaks off. */
export async function readWhole(body: ReadableStream, length: number): Promise<Uint8Array> {
  const reader = body.getReader({ mode: "byob" });
  // One more than there is: the end is read, too, and the connection is free for others.
  const buffer = new Uint8Array(length + 1);
  const { value }: Chunk = await reader.readAtLeast(buffer.length, buffer);
  return value ?? EMPTY;
}

/**
 * As much at a time as there is, into a buffer that is used again, and is a large one once a small
 * one has been full; copies leave.
 */
export async function* pieces(
  body: ReadableStream,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader({ mode: "byob" });
  let buffer = new ArrayBuffer(readBufferBytesIdle);
  try {
    while (!signal.aborted) {
      const { value }: Chunk = await reader.read(new Uint8Array(buffer));
      if (value === undefined || value.length === 0) return;
      yield value.slice();
      const grows =
        value.length === readBufferBytesIdle && value.buffer.byteLength < readBufferBytesBusy;
      buffer = grows ? new ArrayBuffer(readBufferBytesBusy) : (value.buffer as ArrayBuffer);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
