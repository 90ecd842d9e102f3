import { createHash } from "node:crypto";
import { hex } from "../../core/bytes.ts";

/**
 * A request's body that is too large to be held, counted and hashed as it passes; null: none.
 * `left`: hears of it when all of it has.
 */
export function streamedBody(
  { body, headers }: Pick<Request, "body" | "headers">,
  left: (bytes: number, sha256: string) => void,
): ReadableStream | null {
  if (body === null) return null;
  const hash = createHash("sha256");
  let bytes = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, out) {
      hash.update(chunk);
      bytes += chunk.length;
      out.enqueue(chunk);
    },
    flush: () => left(bytes, hex(new Uint8Array(hash.digest()))),
  });
  const length = headers.get("content-length");
  const passed = body.pipeThrough(counted);
  return length === null ? passed : passed.pipeThrough(new FixedLengthStream(Number(length)));
}
