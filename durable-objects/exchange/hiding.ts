import { concat } from "../../core/bytes.ts";
import { Hiding } from "../../core/hiding.ts";

/** The content without these secrets, as far as they stand in it to the letter. */
export function hiding(
  secrets: readonly string[],
  content: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  return secrets.reduce(without, content);
}

async function* without(
  content: AsyncIterable<Uint8Array>,
  secret: string,
): AsyncGenerator<Uint8Array> {
  const hides = new Hiding(secret);
  for await (const bytes of content) {
    const shown = hides.push(bytes);
    if (shown.length > 0) yield shown;
  }
  const rest = hides.finish();
  if (rest.length > 0) yield rest;
}

/** The same of a content that is whole. */
export const hidden = (secrets: readonly string[], content: Uint8Array): Uint8Array =>
  secrets.reduce((bytes, secret) => {
    const hides = new Hiding(secret);
    return concat([hides.push(bytes), hides.finish()]);
  }, content);
