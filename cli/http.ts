import { reasonOf, unreachable } from "./failure.ts";

/**
 * An API answer is small: lists are paged, recordings come in chunks of 4 MiB before compression.
 */
const answerBytesMax = 16 * 1024 * 1024;
const answerSeconds = 60;

export type Answer = { readonly status: number; readonly body: string };

/** One request. Redirects are not followed: a token goes where it was meant to go. */
export async function send(url: string, init: RequestInit): Promise<Answer> {
  const { status, bytes } = await sendForBytes(url, init);
  return { status, body: new TextDecoder().decode(bytes) };
}

export async function sendForBytes(
  url: string,
  init: RequestInit,
): Promise<{ readonly status: number; readonly bytes: Uint8Array }> {
  const signal = AbortSignal.timeout(answerSeconds * 1000);
  try {
    const response = await fetch(url, { ...init, redirect: "manual", signal });
    return { status: response.status, bytes: await bounded(response) };
  } catch (error) {
    throw unreachable(new URL(url).origin, reasonOf(error));
  }
}

export type Streamed = { readonly status: number; readonly body: AsyncIterable<Uint8Array> };

/** The same for what may be larger than memory: its body comes as it is sent. */
export async function sendForStream(url: string, init: RequestInit): Promise<Streamed> {
  try {
    const { status, body } = await fetch(url, { ...init, redirect: "manual" });
    return { status, body: partsOf(url, body) };
  } catch (error) {
    throw unreachable(new URL(url).origin, reasonOf(error));
  }
}

/** A body that is cut throws a Failure: half of it must not pass for the whole. */
async function* partsOf(
  url: string,
  body: ReadableStream<Uint8Array> | null,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body ?? [];
  } catch (error) {
    throw unreachable(new URL(url).origin, reasonOf(error));
  }
}

async function bounded(response: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > answerBytesMax) throw new Error("the answer is too large");
    parts.push(part);
  }
  return Buffer.concat(parts);
}
