import { connect, type Socket } from "node:net";
import { concat, EMPTY, i32, putU16, text, u16, u32Bytes, utf8 } from "../../core/bytes.ts";
import { cString } from "../../core/protocols/postgres/frames.ts";
import { logIn } from "../../core/protocols/postgres/login.ts";
import {
  flush,
  message,
  PROTOCOL_3,
  readFields,
  startupMessage,
  sync,
} from "../../core/protocols/postgres/messages.ts";
import { sampleSpec, seededCrypto } from "../support/values.ts";

/** Where a `sluice connect` listens. */
export type Door = { readonly port: number; readonly password: string };

export type Answer = { readonly letter: string; readonly body: Uint8Array };

const NUL = Uint8Array.of(0);
const shorts = (values: readonly number[]): Uint8Array => {
  const out = new Uint8Array(2 + 2 * values.length);
  putU16(out, 0, values.length);
  for (const [i, value] of values.entries()) putU16(out, 2 + 2 * i, value);
  return out;
};
const string = (value: string): Uint8Array => concat([utf8(value), NUL]);

/** A client's messages (manual, "Message Formats"). */
export const say = {
  query: (sql: string) => message("Q", string(sql)),
  parse: (sql: string, name = "", types: readonly number[] = []) =>
    message("P", string(name), string(sql), shorts(types).subarray(0, 2), ...types.map(u32Bytes)),
  bind: (over: {
    readonly portal?: string;
    readonly statement?: string;
    /** A text; bytes are a value in binary. */
    readonly values?: readonly (string | Uint8Array | null)[];
    readonly results?: readonly number[];
  }) => {
    const { portal = "", statement = "", values = [], results = [] } = over;
    const encoded = values.flatMap((value) => {
      if (value === null) return [u32Bytes(0xffffffff)];
      const bytes = typeof value === "string" ? utf8(value) : value;
      return [u32Bytes(bytes.length), bytes];
    });
    const formats = shorts(values.map((value) => (value instanceof Uint8Array ? 1 : 0)));
    return message(
      "B",
      string(portal),
      string(statement),
      formats,
      formats.subarray(0, 2),
      ...encoded,
      shorts(results),
    );
  },
  describe: (kind: "S" | "P", name = "") => message("D", utf8(kind), string(name)),
  execute: (portal = "", rows = 0) => message("E", string(portal), u32Bytes(rows)),
  close: (kind: "S" | "P", name = "") => message("C", utf8(kind), string(name)),
  call: (oid: number, args: readonly Uint8Array[], result: 0 | 1) =>
    message(
      "F",
      u32Bytes(oid),
      shorts([1]),
      shorts(args.map(() => 0)).subarray(0, 2),
      ...args.flatMap((arg) => [u32Bytes(arg.length), arg]),
      shorts([result]).subarray(2),
    ),
  copyData: (data: string | Uint8Array) =>
    message("d", typeof data === "string" ? utf8(data) : data),
  copyDone: () => message("c"),
  sync,
  flush,
};

/** One raw connection: it sends what it is told, and keeps all that comes back. */
export class Wire {
  readonly #socket: Socket;
  #buffer: Uint8Array = EMPTY;
  #wake: () => void = () => {};
  #ended = false;
  /** Every byte that the server has said. */
  seen: Uint8Array[] = [];

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("data", (bytes) => {
      const own = new Uint8Array(bytes);
      this.seen.push(own);
      this.#buffer = concat([this.#buffer, own]);
      this.#wake();
    });
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** Through the gate: the local port has a password of its own, the target's is never seen. */
  static async open(
    { port, password }: Door,
    parameters: Readonly<Record<string, string>> = {},
    minor: 0 | 2 = 0,
  ): Promise<{ readonly wire: Wire; readonly greeting: readonly Answer[] }> {
    const wire = new Wire(port);
    const all = { user: "ada", database: "shop", ...parameters };
    wire.send(startupMessage(PROTOCOL_3 + minor, Object.entries(all)));
    const first = await wire.next();
    if (first?.letter !== "R") return { wire, greeting: first === null ? [] : [first] };
    wire.send(message("p", string(password)));
    return { wire, greeting: await wire.answers() };
  }

  /** Straight to the server. */
  static async direct(
    port: number,
    user: string,
    password: string,
    database: string,
  ): Promise<Wire> {
    const wire = new Wire(port);
    const login = logIn({
      resource: { ...sampleSpec().resource, port, user, database, tls: "disable" },
      password: utf8(password),
      crypto: seededCrypto(),
      protocolMinor: 0,
      parameters: [
        ["user", user],
        ["database", database],
        ["client_encoding", "UTF8"],
      ],
    });
    let next = login.next();
    while (next.done !== true) {
      let given: Uint8Array = EMPTY;
      if ("send" in next.value) wire.send(next.value.send);
      else if ("read" in next.value) given = await wire.#message();
      next = login.next(given);
    }
    if (!next.value.ok) throw new Error(next.value.message);
    wire.seen = [];
    return wire;
  }

  get ended(): boolean {
    return this.#ended;
  }

  send(...messages: readonly Uint8Array[]): void {
    this.#socket.write(concat(messages));
  }

  async #message(): Promise<Uint8Array> {
    for (;;) {
      const bytes = this.#buffer;
      const length = bytes.length < 5 ? Infinity : 1 + i32(bytes, 1);
      if (bytes.length >= length) {
        this.#buffer = bytes.subarray(length);
        return bytes.subarray(0, length);
      }
      if (this.#ended) return EMPTY;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async next(): Promise<Answer | null> {
    const bytes = await this.#message();
    if (bytes.length === 0) return null;
    return { letter: String.fromCharCode(bytes[0] as number), body: bytes.subarray(5) };
  }

  /** Up to and with the n-th ReadyForQuery, or the end of the connection. */
  async answers(n = 1): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    for (let left = n; left > 0;) {
      const answer = await this.next();
      if (answer === null) break;
      answers.push(answer);
      if (answer.letter === "Z") left--;
      // A COPY FROM STDIN that nobody feeds.
      if (answer.letter === "G") this.send(message("f", string("no data")));
    }
    return answers;
  }

  /** Up to and with the first answer of a type, for a client that does not Sync. */
  async until(letter: string): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    for (;;) {
      const answer = await this.next();
      if (answer === null) return answers;
      answers.push(answer);
      if (answer.letter === letter) return answers;
    }
  }

  async ask(...messages: readonly Uint8Array[]): Promise<readonly Answer[]> {
    this.send(...messages);
    return this.answers();
  }

  query(sql: string): Promise<readonly Answer[]> {
    return this.ask(say.query(sql));
  }

  /** By Parse, Bind, Describe, Execute, Sync. */
  extended(
    sql: string,
    format: 0 | 1,
    values: readonly (string | null)[] = [],
  ): Promise<readonly Answer[]> {
    const bind = say.bind({ values, results: [format] });
    return this.ask(say.parse(sql), bind, say.describe("P"), say.execute(), sync());
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** The cells of all DataRows, row by row; a COPY's data is one cell a message. */
export function cellsOf(answers: readonly Answer[]): readonly (Uint8Array | null)[] {
  return answers.flatMap(({ letter, body }) => {
    if (letter === "d") return [body];
    if (letter !== "D") return [];
    const cells: (Uint8Array | null)[] = [];
    let at = 2;
    for (let left = u16(body, 0); left > 0; left--) {
      const length = i32(body, at);
      cells.push(length < 0 ? null : body.subarray(at + 4, at + 4 + length));
      at += 4 + Math.max(length, 0);
    }
    return cells;
  });
}

export const textsOf = (answers: readonly Answer[]): readonly (string | null)[] =>
  cellsOf(answers).map((cell) => (cell === null ? null : text(cell)));

/** SQLSTATE and message of each error. */
export const errorsOf = (answers: readonly Answer[]): readonly string[] =>
  answers.flatMap(({ letter, body }) => {
    if (letter !== "E") return [];
    const fields = readFields(body);
    return [`${fields?.get("C") ?? ""} ${fields?.get("M") ?? ""}`];
  });

export const tagsOf = (answers: readonly Answer[]): readonly string[] =>
  answers.flatMap(({ letter, body }) =>
    letter === "C" ? [text(cString(body, 0)?.bytes ?? EMPTY)] : [],
  );

/** The answers' types, as `T D D C Z`. */
export const lettersOf = (answers: readonly Answer[]): string =>
  answers.map(({ letter }) => letter).join(" ");
