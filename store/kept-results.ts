import { concat, text, utf8 } from "../core/bytes.ts";
import type { Headers } from "../core/exchange.ts";
import { openedPieces, SealedWriter } from "./sealed-pieces.ts";
import { openBytes } from "./seal.ts";
import { resultKeyPurpose, resultPlace, type ResultRow } from "./results.ts";

/** An answer as it is kept: this in JSON, a line's end, and the body's bytes. */
export type KeptHead = {
  readonly status: number;
  readonly headers: Headers;
  /** False: it has none and can have none, as one to HEAD. */
  readonly body: boolean;
};

const LINE_END = 10;

/** Begins to keep an answer. Nobody finds it before `finish`. */
export async function keepResult(
  bucket: R2Bucket,
  id: string,
  key: Uint8Array,
  head: KeptHead,
): Promise<SealedWriter> {
  const writer = new SealedWriter(bucket, resultPlace(id), key);
  await writer.write(utf8(`${JSON.stringify(head)}\n`));
  return writer;
}

export type KeptResult = { readonly head: KeptHead; readonly body: AsyncIterable<Uint8Array> };

/** Null: it is not there any more. Throws a SealError. */
export async function keptResult(
  env: { readonly SEALING_KEYS: string; readonly RECORDINGS: R2Bucket },
  row: Pick<ResultRow, "id" | "key">,
): Promise<KeptResult | null> {
  const key = await openBytes(env, resultKeyPurpose(row.id), row.key);
  const object = await env.RECORDINGS.get(resultPlace(row.id));
  if (object === null) return null;
  const pieces = openedPieces(key, object.body);
  let first = new Uint8Array();
  for (;;) {
    const at = first.indexOf(LINE_END);
    if (at >= 0) {
      const head = JSON.parse(text(first.slice(0, at))) as KeptHead;
      return { head, body: rest(first.slice(at + 1), pieces) };
    }
    const { value, done } = await pieces.next();
    if (done === true) return null;
    first = concat([first, value]) as Uint8Array<ArrayBuffer>;
  }
}

async function* rest(
  first: Uint8Array,
  pieces: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first;
  yield* pieces;
}
