import { text } from "../../core/bytes.ts";
import type { RowWriter } from "../output/rows.ts";
import {
  cellsOf,
  type Column,
  columnsOf,
  sentenceOf,
  type ServerMessage,
  tagOf,
} from "./messages.ts";

/** What a message means to somebody who watches: output, or something said beside it. */
export type Shown =
  | { readonly is: "output"; readonly text: string }
  | { readonly is: "notice" | "error"; readonly text: string }
  | { readonly is: "ready" }
  | { readonly is: "copyIn" };

/** A server's messages, rendered by `writer`: the same for a replay and for `sluice sql`. */
export class AnswerRenderer {
  readonly #writer: RowWriter;
  #columns: readonly Column[] = [];
  #open = false;

  constructor(writer: RowWriter) {
    this.#writer = writer;
  }

  show({ type, body }: ServerMessage): Shown | null {
    switch (type) {
      case "T":
        this.#columns = columnsOf(body);
        return output(this.#begin());
      case "D":
        return output((this.#open ? "" : this.#begin()) + this.#writer.row(this.#cells(body)));
      case "d":
        return output(this.#writer.copied(text(body)));
      case "C":
        this.#open = false;
        return output(this.#writer.end(tagOf(body)));
      case "E":
        this.#open = false;
        return { is: "error", text: sentenceOf(body) };
      case "N":
        return { is: "notice", text: sentenceOf(body) };
      case "Z":
        return { is: "ready" };
      case "G":
        return { is: "copyIn" };
      default:
        return null;
    }
  }

  /** Rows without a description before them: the client had asked for it earlier. */
  #begin(): string {
    this.#open = true;
    return this.#writer.begin(this.#columns.map((column) => column.name));
  }

  #cells(body: Uint8Array) {
    return cellsOf(body, this.#columns);
  }
}

const output = (text: string): Shown => ({ is: "output", text });
