import { text } from "../../core/bytes.ts";
import {
  cellsOf,
  type Column,
  said,
  type ServerMessage,
  SUSPENDED,
} from "../../core/protocols/postgres/seen.ts";
import type { RowWriter } from "../output/rows.ts";

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

  show(message: ServerMessage): Shown | null {
    const heard = said(message);
    switch (heard?.is) {
      case "columns":
        this.#columns = heard.columns;
        return output(this.#begin());
      case "row":
        return output((this.#open ? "" : this.#begin()) + this.#row(heard.body));
      case "copied":
        return output(this.#writer.copied(text(heard.bytes)));
      case "done":
        if (heard.tag === "" || heard.tag === SUSPENDED) return null;
        this.#open = false;
        return output(this.#writer.end(heard.tag));
      case "error":
        this.#open = false;
        return heard;
      case "notice":
      case "ready":
      case "copyIn":
        return heard;
      default:
        return null;
    }
  }

  /** Rows without a description before them: the client had asked for it earlier. */
  #begin(): string {
    this.#open = true;
    return this.#writer.begin(this.#columns.map((column) => column.name));
  }

  #row(body: Uint8Array): string {
    return this.#writer.row(cellsOf(body, this.#columns).map((cell) => cell?.text ?? null));
  }
}

const output = (text: string): Shown => ({ is: "output", text });
