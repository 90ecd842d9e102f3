import type { RecordPage, RecordView } from "../../core/api/record.ts";
import { fromBase64, hex } from "../../core/bytes.ts";
import {
  type Cell,
  cellsOf,
  type Column,
  MessageReader,
  type Said,
  said,
} from "../../core/protocols/postgres/seen.ts";

/* What the person saw, out of the bytes that were sent to her: masked, if they were. */

export type Cells = readonly Cell[];

export type Answer = {
  /** Where its first byte lies: so many bytes into the bytes of that record. */
  readonly from: Place;
  /** Rows of a query, or the lines of COPY TO STDOUT. */
  readonly kind: "rows" | "copy";
  readonly columns: readonly Column[];
  /** The columns were described before this answer, so they may be another statement's. */
  readonly borrowed: boolean;
  /** The first ones, as many as there is room for. */
  readonly rows: readonly Cells[];
  /** How many were sent. */
  readonly sent: number;
  /** Errors and notices. */
  readonly words: readonly Words[];
};

export type Place = { readonly seq: number; readonly skip: number };
export type Words = { readonly is: "error" | "notice"; readonly text: string };

/** How much of one answer is kept. */
export type Room = { readonly rows: number; readonly characters: number };

/** More of one message is not looked at: a row can be as large as memory. */
const bodyBytesMax = 4 * 1024 * 1024;
const wordsMax = 100;

/** An answer while it comes. */
class Draft {
  readonly #from: Place;
  readonly #room: Room;
  readonly #before: readonly Column[];
  #columns: readonly Column[] | null = null;
  #copy: { readonly binary: boolean; readonly decoder: TextDecoder; rest: string } | null = null;
  #rows: Cells[] = [];
  #words: Words[] = [];
  #characters = 0;
  #sent = 0;

  constructor(from: Place, room: Room, before: readonly Column[]) {
    this.#from = from;
    this.#room = room;
    this.#before = before;
  }

  get columns(): readonly Column[] {
    return this.#columns ?? this.#before;
  }

  get isEmpty(): boolean {
    return this.#sent === 0 && this.#words.length === 0;
  }

  /** Nothing more of it would be kept. */
  get isFull(): boolean {
    return this.#rows.length < this.#sent;
  }

  hear(heard: Said): void {
    switch (heard.is) {
      case "columns":
        this.#columns = heard.columns;
        break;
      case "row":
        this.#row(() => cellsOf(heard.body, this.columns));
        break;
      case "copyOut":
        this.#copy = { binary: heard.binary, decoder: new TextDecoder(), rest: "" };
        break;
      case "copied":
        this.#copied(heard.bytes);
        break;
      case "error":
      case "notice":
        if (this.#words.length < wordsMax) this.#words.push({ is: heard.is, text: heard.text });
        break;
      case "done":
      case "copyIn":
      case "ready":
        break;
    }
  }

  #row(read: () => Cells): void {
    this.#sent++;
    if (this.#rows.length + 1 < this.#sent || this.#rows.length >= this.#room.rows) return;
    const cells = read();
    const characters = cells.reduce((sum, cell) => sum + (cell?.text.length ?? 4), 0);
    if (this.#characters + characters > this.#room.characters) return;
    this.#characters += characters;
    this.#rows.push(cells);
  }

  #copied(bytes: Uint8Array): void {
    const copy = this.#copy;
    if (copy === null) return;
    if (copy.binary) return this.#row(() => [{ text: `\\x${hex(bytes)}`, binary: true }]);
    const lines = (copy.rest + copy.decoder.decode(bytes, { stream: true })).split("\n");
    copy.rest = (lines.pop() ?? "").slice(0, bodyBytesMax);
    for (const text of lines) this.#row(() => [{ text, binary: false }]);
  }

  answer(): Answer {
    const copy = this.#copy;
    const { rest: text = "" } = copy ?? {};
    const tail: Cells[] = text === "" ? [] : [[{ text, binary: false }]];
    return {
      from: this.#from,
      kind: copy === null ? "rows" : "copy",
      columns: copy === null ? this.columns : [{ name: "COPY", format: copy.binary ? 1 : 0 }],
      borrowed: copy === null && this.#columns === null,
      rows: tail.length === 0 ? this.#rows : [...this.#rows, ...tail],
      sent: this.#sent + tail.length,
      words: this.#words,
    };
  }
}

export type Ended = {
  readonly answer: Answer;
  readonly by: Extract<Said, { is: "done" | "error" | "ready" }>;
};

/** The bytes of a recording in their order, cut into answers. */
export class AnswerReader {
  readonly #messages = new MessageReader(bodyBytesMax);
  readonly #room: Room;
  #draft: Draft;

  /** From a place where an answer begins; `columns` were described before. */
  constructor(room: Room, from: Place = { seq: 0, skip: 0 }, columns: readonly Column[] = []) {
    this.#room = room;
    this.#draft = new Draft(from, room, columns);
  }

  /** What has come of the answer that is not over yet. */
  get present(): Answer {
    return this.#draft.answer();
  }

  get isFull(): boolean {
    return this.#draft.isFull;
  }

  /** `skip`: so many bytes of the record are of earlier answers. */
  *read(seq: number, bytes: Uint8Array, skip = 0): Generator<Ended> {
    for (const message of this.#messages.push(bytes.subarray(skip))) {
      const heard = said(message);
      if (heard === null) continue;
      this.#draft.hear(heard);
      if (heard.is !== "done" && heard.is !== "error" && heard.is !== "ready") continue;
      const draft = this.#draft;
      const from = { seq, skip: skip + this.#messages.at };
      this.#draft = new Draft(from, this.#room, draft.columns);
      if (heard.is !== "ready" || !draft.isEmpty) yield { answer: draft.answer(), by: heard };
    }
  }
}

type Waiting = {
  /** Of the fact. */
  readonly seq: number;
  readonly is: "done" | "error";
  /** The tag, or the SQLSTATE. */
  readonly word: string;
  /** The server said it: its bytes come at once. A refusal of ours waits for its turn. */
  readonly first: boolean;
};

export type Stray = { readonly seq: number; readonly answer: Answer };

/** Of each answer, for a first look. */
const LOOK: Room = { rows: 200, characters: 64 * 1024 };
/** Of all answers together: of older ones nothing but their place is kept. */
const keptCharactersMax = 16 * 1024 * 1024;
/** A session whose level records no answers never takes them. */
const waitingMax = 10_000;

/**
 * Which answer belongs to which statement. Facts come before the bytes that they tell of, and no
 * answer overtakes another: an end belongs to the first fact that waits for its like. A refusal of
 * ours is recorded when it is made, and may wait behind answers of others.
 */
export class AnswerLog {
  readonly #reader = new AnswerReader(LOOK);
  readonly #answers = new Map<number, Answer>();
  readonly #waiting: Waiting[] = [];
  readonly #kept: { readonly seq: number; readonly characters: number }[] = [];
  #characters = 0;

  /** By the number of the record that says how each ended; of a stray, of a record of its own. */
  get answers(): ReadonlyMap<number, Answer> {
    return this.#answers;
  }

  /** Answers those that no fact tells of: about the session, or cut short by its end. */
  take({ seq, kind, fact }: RecordView): readonly Stray[] {
    const first = fact["from"] !== "sluice";
    if (kind === "completed") this.#wait({ seq, is: "done", word: String(fact["tag"]), first });
    if (kind === "failed") this.#wait({ seq, is: "error", word: String(fact["sqlstate"]), first });
    if (kind === "end") return this.#strays([this.#reader.present], this.#reader.present.from.seq);
    if (kind !== "toClient" || typeof fact["bytes"] !== "string") return [];
    const strays: Answer[] = [];
    for (const { answer, by } of this.#reader.read(seq, fromBase64(fact["bytes"]) ?? nothing)) {
      const owner = this.#ownerOf(by);
      if (owner === null) strays.push(answer);
      else this.#keep(owner, answer);
    }
    return this.#strays(strays, seq);
  }

  /** Lets go of what belongs to facts before that record. */
  forgetBefore(seq: number): void {
    for (const each of this.#answers.keys()) if (each < seq) this.#answers.delete(each);
  }

  #strays(answers: readonly Answer[], seq: number): Stray[] {
    const telling = answers.filter(({ sent, words }) => sent > 0 || words.length > 0);
    for (const answer of telling) this.#keep(seq, answer);
    return telling.map((answer) => ({ seq, answer }));
  }

  #wait(waiting: Waiting): void {
    this.#waiting.push(waiting);
    if (this.#waiting.length > waitingMax) this.#waiting.shift();
  }

  #ownerOf(by: Ended["by"]): number | null {
    if (by.is === "ready") return null;
    const word = by.is === "done" ? by.tag : by.sqlstate;
    const waits = (fits: (one: Waiting) => boolean) =>
      this.#waiting.findIndex((one) => one.is === by.is && fits(one));
    let at = waits((one) => one.word === word && one.first);
    if (at < 0) at = waits((one) => one.word === word);
    // A refusal of ours may be worded as the server would: a syntax error, say.
    if (at < 0 && by.is === "error" && !by.fatal) at = waits((one) => !one.first);
    return at < 0 ? null : (this.#waiting.splice(at, 1)[0]?.seq ?? null);
  }

  #keep(seq: number, answer: Answer): void {
    this.#answers.set(seq, answer);
    const characters = answer.rows.flat().reduce((sum, cell) => sum + (cell?.text.length ?? 4), 0);
    this.#kept.push({ seq, characters });
    this.#characters += characters;
    while (this.#characters > keptCharactersMax) {
      const oldest = this.#kept.shift();
      if (oldest === undefined) return;
      this.#characters -= oldest.characters;
      const known = this.#answers.get(oldest.seq);
      if (known !== undefined) this.#answers.set(oldest.seq, { ...known, rows: [] });
    }
  }
}

const nothing = new Uint8Array();

/** For an answer that somebody wants whole: more than a screen can use, less than memory. */
const WHOLE: Room = { rows: 100_000, characters: 32 * 1024 * 1024 };

type ReadPage = (from: number) => Promise<RecordPage>;

/**
 * An answer again from its place, page by page, all of it that there is room for: `shows` hears of
 * it as it grows, and says whether to go on.
 */
export async function readWhole(
  { from, columns }: Answer,
  read: ReadPage,
  shows: (present: Answer) => boolean,
): Promise<void> {
  const reader = new AnswerReader(WHOLE, from, columns);
  for (let next: number | null = from.seq; next !== null;) {
    const page: RecordPage = await read(next);
    for (const { seq, kind, fact } of page.items) {
      if (kind !== "toClient" || typeof fact["bytes"] !== "string") continue;
      const bytes = fromBase64(fact["bytes"]) ?? nothing;
      for (const { answer } of reader.read(seq, bytes, seq === from.seq ? from.skip : 0)) {
        shows(answer);
        return;
      }
    }
    if (!shows(reader.present) || reader.isFull) return;
    next = page.items.length === 0 ? null : page.next;
  }
}
