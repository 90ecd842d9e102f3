import { concat } from "../../core/bytes.ts";

/* Content codings that a recording still has (RFC 9110 section 8.4.1), taken off by the browser. */

/** `cut`: the coded bytes end too early, or give more than is shown. */
export type Decoded = { readonly bytes: Uint8Array; readonly cut: boolean };

const FORMATS: Readonly<Record<string, string>> = {
  gzip: "gzip",
  deflate: "deflate",
  br: "brotli",
};

/** Of one body: what is packed small may be very large. */
const decodedBytesMax = 1024 * 1024;

/** Null: this browser does not know the coding. */
export async function decoded(coding: string, bytes: Uint8Array): Promise<Decoded | null> {
  const stream = decoderOf(coding);
  if (stream === null) return null;
  const writer = stream.writable.getWriter();
  // What is cut ends in an error, on both sides.
  void writer.write(bytes.slice()).catch(() => {});
  void writer.close().catch(() => {});
  const reader = stream.readable.getReader();
  const parts: Uint8Array[] = [];
  let room = decodedBytesMax;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return { bytes: concat(parts), cut: false };
      parts.push(value.slice(0, room));
      room -= value.length;
      if (room < 0) break;
    }
    void reader.cancel().catch(() => {});
  } catch {
    // All that could be read is here.
  }
  return { bytes: concat(parts), cut: true };
}

function decoderOf(coding: string): DecompressionStream | null {
  const format = FORMATS[coding];
  if (format === undefined) return null;
  try {
    return new DecompressionStream(format as ConstructorParameters<typeof DecompressionStream>[0]);
  } catch {
    return null;
  }
}
