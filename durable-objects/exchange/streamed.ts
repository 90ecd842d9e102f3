import { createHash } from "node:crypto";
import { hex } from "../../core/bytes.ts";

export type StreamedEvents = {
  /** A piece has been taken. */
  readonly passed: () => void;
  /** All of it has. */
  readonly over: (bytes: number, sha256: string) => void;
};

/** A request's body that is too large to be held, counted and hashed as it passes; null: none. */
export function streamedBody(
  { body, headers }: Pick<Request, "body" | "headers">,
  { passed, over }: StreamedEvents,
): ReadableStream | null {
  if (body === null) return null;
  const hash = createHash("sha256");
  let bytes = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, out) {
      hash.update(chunk);
      bytes += chunk.length;
      passed();
      out.enqueue(chunk);
    },
    flush: () => over(bytes, hex(new Uint8Array(hash.digest()))),
  });
  const length = headers.get("content-length");
  const whole = body.pipeThrough(counted);
  return length === null ? whole : whole.pipeThrough(new FixedLengthStream(Number(length)));
}
