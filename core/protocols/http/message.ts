import { concat, EMPTY, strictText, text, utf8 } from "../../bytes.ts";
import type { Message, ShownMessage } from "../../exchange.ts";
import type { Masker, Unreadable } from "../../masker.ts";
import { Tally } from "../../tally.ts";
import { isNearlyDocument, readBody } from "./body.ts";

/*
 * One message of a WebSocket. It has no media type: what is a JSON document is one, also behind a
 * word of the protocol inside (`42["paid",{…}]`, as Socket.IO has it); other text is text.
 */

/**
 * As conditions see it: a document, a text; null for bytes, of which nobody knows what the service
 * finds in them. `wrong` says why it is refused, for people.
 */
export function readMessage(
  message: Message,
): { readonly body: unknown } | { readonly wrong: string } {
  const isText = typeof message === "string";
  const read = readBody(null, null, isText ? utf8(message) : message);
  if ("wrong" in read) return { wrong: read.wrong };
  if (read.kind === "json") return { body: read.value };
  const plain = isText ? message : strictText(message);
  if (plain !== null && isNearlyDocument(plain)) {
    return { wrong: "The message is JSON for some readers, and none for others." };
  }
  return { body: isText ? message : null };
}

/**
 * What may pass of it; null: something may have to be masked, and it cannot be read. No `rules`:
 * nothing is.
 */
export function maskedMessage(
  message: Message,
  rules: Pick<Masker, "body"> | null,
  unreadable: Unreadable,
): ShownMessage | null {
  if (rules === null) return { message, masked: [], findings: [] };
  const tally = new Tally();
  const through: Through = (type, bytes) => whole(rules.body(type, unreadable), bytes, tally);
  if (typeof message !== "string") {
    const shown = maskedBytes(message, through);
    return shown === null ? null : { message: shown, ...tally.take() };
  }
  const shown = maskedText(message, through);
  return shown === null ? null : { message: strictText(shown) ?? text(shown), ...tally.take() };
}

/** All of it as that type; null: it is not so, or nobody reads such. */
type Through = (type: string | null, bytes: Uint8Array) => Uint8Array | null;

/** What begins like a document and is none is not guessed at. */
function maskedText(message: string, through: Through): Uint8Array | null {
  const at = documentAt(message);
  const document = at < 0 ? null : through(JSON_TYPE, utf8(message.slice(at)));
  if (document === null) {
    return through(BEGINS_DOCUMENT.test(message) ? null : TEXT_TYPE, utf8(message));
  }
  const words = through(TEXT_TYPE, utf8(message.slice(0, at)));
  return words === null ? null : concat([words, document]);
}

function maskedBytes(bytes: Uint8Array, through: Through): Uint8Array | null {
  const plain = strictText(bytes);
  const begins = plain !== null && BEGINS_DOCUMENT.test(plain);
  return (begins ? through(JSON_TYPE, bytes) : null) ?? through(null, bytes);
}

function whole(
  masker: ReturnType<Masker["body"]>,
  bytes: Uint8Array,
  tally: Tally,
): Uint8Array | null {
  if (masker === "pass") return bytes;
  if (masker === "refuse") return null;
  const [first, rest] = [masker.push(bytes), masker.finish()];
  if (first === null || rest === null) return null;
  tally.add(masker.tally);
  // A copy: the masker may use its own again.
  return concat([first, rest, EMPTY]);
}

const [JSON_TYPE, TEXT_TYPE] = ["application/json", "text/plain"];
const BEGINS_DOCUMENT = /^[ \t\r\n]*[{[]/u;

/** Where a document may begin: at 0 where the message begins like one; -1: nowhere. */
const documentAt = (message: string): number =>
  /^[ \t\r\n]*[{["]/u.test(message) ? 0 : message.search(/[{[]/u);
