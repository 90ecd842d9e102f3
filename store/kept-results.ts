import { concat, text, utf8 } from "../core/bytes.ts";
import type { Headers } from "../core/exchange.ts";
import { openedPieces, SealedWriter } from "./sealed-pieces.ts";
import { openBytes, sealBytes } from "./seal.ts";
import { resultKeyPurpose, resultPlace, type ResultRow } from "./results.ts";

/** An answer as it is kept: this in JSON, a line's end, and the body's bytes. */
export type KeptHead = {
  readonly status: number;
  readonly headers: Headers;
  /** False: it has none and can have none, as one to HEAD. */
  readonly body: boolean;
};

const LINE_END = 10;

type Env = { readonly SEALING_KEYS: string; readonly RECORDINGS: R2Bucket };

/** Begins to keep an answer. Nobody finds it before `finish`, or opens it before `resultDone`. */
export async function keepResult(env: Env, id: string, head: KeptHead): Promise<SealedWriter> {
  const writer = new SealedWriter(env.RECORDINGS, resultPlace(id));
  await writer.write(utf8(`${JSON.stringify(head)}\n`));
  return writer;
}

/** The key to it, as its row has it. */
export const sealedKeyOf = (env: Env, id: string, { key }: SealedWriter): Promise<string> =>
  sealBytes(env, resultKeyPurpose(id), key);

export type KeptResult = { readonly head: KeptHead; readonly body: AsyncIterable<Uint8Array> };

/** Null: it is not there. Throws a SealError. */
export async function keptResult(
  env: Env,
  { id, key: sealed }: Pick<ResultRow, "id" | "key">,
): Promise<KeptResult | null> {
  if (sealed === null) return null;
  const key = await openBytes(env, resultKeyPurpose(id), sealed);
  const object = await env.RECORDINGS.get(resultPlace(id));
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
