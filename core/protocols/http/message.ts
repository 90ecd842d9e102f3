import { concat, EMPTY, strictText, text, utf8 } from "../../bytes.ts";
import type { Message, ShownMessage } from "../../exchange.ts";
import type { BodyMasker, Masker, Unreadable } from "../../masker.ts";
import { Tally } from "../../tally.ts";
import { readJson } from "./json.ts";

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
  const plain = typeof message === "string" ? message : strictText(message);
  if (plain === null || !isDocument(plain)) {
    return { body: typeof message === "string" ? message : null };
  }
  const read = readJson(utf8(plain));
  return "wrong" in read ? { wrong: read.wrong } : { body: read.value };
}

function isDocument(plain: string): boolean {
  if (!BEGINS_DOCUMENT.test(plain)) return false;
  try {
    JSON.parse(plain);
    return true;
  } catch {
    return false;
  }
}

/** What may be shown of it; null: something may have to be masked, and it cannot be read. */
export function maskedMessage(
  message: Message,
  masker: Masker,
  unreadable: Unreadable,
): ShownMessage | null {
  if (masker.idle) return { message, masked: [], findings: [] };
  const tally = new Tally();
  const isText = typeof message === "string";
  const bytes = isText ? utf8(message) : message;
  const shown = maskedBytes(bytes, isText ? message : strictText(bytes), isText);
  if (shown === null) return null;
  return { message: isText ? (strictText(shown) ?? text(shown)) : shown, ...tally.take() };

  function maskedBytes(bytes: Uint8Array, plain: string | null, isText: boolean) {
    const at = plain === null ? -1 : documentAt(plain);
    const inside = at === 0 || (isText && at > 0) ? utf8((plain as string).slice(at)) : null;
    const document = inside === null ? null : whole(masker.body(JSON_TYPE, unreadable), inside);
    if (document !== null && inside !== null) {
      const before = bytes.subarray(0, bytes.length - inside.length);
      const words = whole(masker.body("text/plain", unreadable), before);
      return words === null ? null : concat([words, document]);
    }
    // What begins like a document and is none is not guessed at.
    const isWords = isText && !BEGINS_DOCUMENT.test(message as string);
    return whole(masker.body(isWords ? "text/plain" : null, unreadable), bytes);
  }

  function whole(by: BodyMasker | "pass" | "refuse", bytes: Uint8Array): Uint8Array | null {
    if (by === "pass") return bytes;
    if (by === "refuse") return null;
    const [first, rest] = [by.push(bytes), by.finish()];
    if (first === null || rest === null) return null;
    tally.add(by.tally);
    return concat([first, rest, EMPTY]);
  }
}

const BEGINS_DOCUMENT = /^[ \t\r\n]*[{[]/u;
const JSON_TYPE = "application/json";

/** Where a document may begin: at 0 where the message begins like one; -1: nowhere. */
const documentAt = (plain: string): number =>
  /^[ \t\r\n]*[{["]/u.test(plain) ? 0 : plain.search(/[{[]/u);
