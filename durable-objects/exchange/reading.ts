import { EMPTY } from "../../core/bytes.ts";
import { readBufferBytesBusy, readBufferBytesIdle } from "../../core/limits.ts";

type Chunk = { readonly value?: Uint8Array | undefined };

/**
 * Of a body that is sent as it is. Null: it has a coding, which may have to be taken off, or only
 * its end will tell its length.
 */
export function lengthOf({ headers }: Response): number | null {
  const told = headers.get("content-length");
  return told === null || headers.has("content-encoding") ? null : Number(told);
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
 * As much at a time as there is, into a buffer that is used again, and is a large one where as much
 * will come, or once a small one has been full; copies leave.
 */
export async function* pieces(
  body: ReadableStream,
  signal: AbortSignal,
  expected: number,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader({ mode: "byob" });
  const least = Math.min(Math.max(expected, readBufferBytesIdle), readBufferBytesBusy);
  let buffer = new ArrayBuffer(least);
  try {
    while (!signal.aborted) {
      const { value }: Chunk = await reader.read(new Uint8Array(buffer));
      if (value === undefined || value.length === 0) return;
      yield value.slice();
      const size = value.buffer.byteLength;
      const grows = value.length === size && size < readBufferBytesBusy;
      buffer = grows ? new ArrayBuffer(readBufferBytesBusy) : (value.buffer as ArrayBuffer);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
