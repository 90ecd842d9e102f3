import { strictText, text, utf8 } from "../../bytes.ts";
import { bodyIs, type Command, type CommandId, type HttpFacts } from "../../command.ts";
import type { Message, Refusal, ResponseHead, ShownMessage, SocketEngine } from "../../exchange.ts";
import { shownBytesMax } from "../../limits.ts";
import type { Masker } from "../../masker.ts";
import type { HttpResource } from "../../session.ts";
import { maskedMessage, readMessage } from "./message.ts";

type Described = ReturnType<SocketEngine["describe"]>;

/** The messages of one WebSocket that the service has agreed to. */
export class HttpSocket implements SocketEngine {
  readonly head: ResponseHead;
  readonly #opening: Command;
  readonly #resource: HttpResource;
  /** The one in force: a new version masks what comes after it. */
  readonly #masker: () => Masker;

  constructor(head: ResponseHead, opening: Command, resource: HttpResource, masker: () => Masker) {
    this.head = head;
    this.#opening = opening;
    this.#resource = resource;
    this.#masker = masker;
  }

  describe(id: CommandId, given: Message): Described {
    const sent = maskedMessage(given, this.#masker().sent, this.#resource.unreadable);
    if (sent === null) return refuse("unsupported", "Something may have to be masked in this.");
    const { message, masked, findings } = sent;
    const read = readMessage(message);
    if ("wrong" in read) return refuse("bad_request", read.wrong);
    const opening = this.#opening;
    const { objects } = opening;
    const { body } = read;
    const http = {
      ...(opening.http as HttpFacts),
      method: "MESSAGE",
      body,
      bodyIs: bodyIs(body),
    };
    const isText = typeof message === "string";
    const command: Command = {
      ...opening,
      id,
      text: isText ? message : "",
      shown: `MESSAGE ${objects.join()}\n${this.#shown(message)}`,
      parameters: isText ? [] : [{ type: 0, format: 1, value: message }],
      http,
    };
    const rules = [...masked.map(({ rule }) => rule), ...findings.map(({ kind }) => kind)];
    return { command, message, masked: rules };
  }

  get #rules(): Masker | null {
    const masker = this.#masker();
    return masker.idle ? null : masker;
  }

  /** For lists and inboxes: of what is long, or cannot be read, how long it is. */
  #shown(message: Message): string {
    const bytes = typeof message === "string" ? utf8(message) : message;
    const long = `(${bytes.length} bytes)`;
    if (bytes.length > shownBytesMax || strictText(bytes) === null) return long;
    const shown = maskedMessage(message, this.#rules, "scan");
    if (shown === null) return long;
    return typeof shown.message === "string" ? shown.message : text(shown.message);
  }

  shown(message: Message): ShownMessage | { readonly refuse: Refusal } {
    const shown = maskedMessage(message, this.#rules, this.#resource.unreadable);
    return shown ?? { refuse: UNREADABLE };
  }
}

const UNREADABLE = {
  code: "unreadable",
  message: "Something may have to be masked in a message of the service that cannot be read.",
  review: null,
} as const satisfies Refusal;

const refuse = (code: Refusal["code"], message: string): Described => ({
  refuse: { code, message, review: null },
});
