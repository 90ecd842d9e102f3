import { createHash } from "node:crypto";
import { hex } from "../../core/bytes.ts";
import type { Watch } from "../../core/protocols/http/streamed-form.ts";

export type StreamedEvents = {
  /** A piece has been taken. */
  readonly passed: () => void;
  /** All of it has. */
  readonly over: (bytes: number, sha256: string) => void;
  /** Something in it may not pass, and nothing of it does any more. */
  readonly refused: () => void;
};

/**
 * A request's body that is too large to be held, counted and hashed as it passes; null: none.
 * `watch`: of the request, what its body may not hold.
 */
export function streamedBody(
  { body, headers }: Pick<Request, "body" | "headers">,
  watch: Watch | null,
  { passed, over, refused }: StreamedEvents,
): ReadableStream | null {
  if (body === null) return null;
  const hash = createHash("sha256");
  let bytes = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, out) {
      if (watch?.(chunk) === true) {
        refused();
        throw new Error("a body that may not pass");
      }
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
