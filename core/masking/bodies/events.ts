import { concat, EMPTY, text, utf8 } from "../../bytes.ts";
import { Growing } from "../../growing.ts";
import { eventBytesMax } from "../../limits.ts";
import { Tally } from "../../tally.ts";
import type { BodyMasker, BodyRules } from "./body.ts";
import { JsonBody } from "./json.ts";

const [LF, CR] = [0x0a, 0x0d];

/**
 * Server-sent events (HTML standard, "Parsing an event stream"), one at a time: data that is JSON
 * is masked as such, else looked through as text. An event leaves when it is whole.
 */
export class EventsBody implements BodyMasker {
  readonly tally = new Tally();
  readonly #rules: BodyRules;
  readonly #held = new Growing(0);
  #lineFrom = 0;
  #failed = false;
  /** A carriage return came last: a line feed behind it is of the same end. */
  #afterReturn = false;

  constructor(rules: BodyRules) {
    this.#rules = rules;
  }

  push(chunk: Uint8Array): Uint8Array | null {
    const out: Uint8Array[] = [];
    for (const byte of this.#failed ? EMPTY : chunk) {
      if (this.#afterReturn && byte !== LF) this.#endLine(out);
      this.#afterReturn = byte === CR;
      this.#held.putByte(byte);
      if (byte === LF) this.#endLine(out);
      if (this.#held.length > eventBytesMax) this.#failed = true;
    }
    return this.#failed ? null : concat(out);
  }

  finish(): Uint8Array | null {
    if (this.#failed) return null;
    return this.#held.length === 0 ? EMPTY : this.#event(this.#held.take());
  }

  #endLine(out: Uint8Array[]): void {
    const isBlank = this.#held.bytes
      .subarray(this.#lineFrom, this.#held.length)
      .every((byte) => byte === LF || byte === CR);
    this.#lineFrom = this.#held.length;
    if (!isBlank) return;
    this.#lineFrom = 0;
    out.push(this.#event(this.#held.take()));
  }

  #event(bytes: Uint8Array): Uint8Array {
    const lines = text(bytes).split(/\r\n|\r|\n/u);
    const data = lines.filter(isData).map(dataOf).join("\n");
    const shown = this.#data(data);
    const others = lines.map((line) => (isData(line) ? null : this.#scanned(line)));
    if (shown === null && others.every((line) => line === null)) return bytes;
    const instead = (shown ?? data).split("\n").map((line) => `data: ${line}`);
    const first = lines.findIndex(isData);
    return utf8(
      lines
        .flatMap((line, i) => {
          if (i === first) return instead;
          return isData(line) ? [] : [others[i] ?? line];
        })
        .join("\n"),
    );
  }

  /** Null: it stays as it is. */
  #data(data: string): string | null {
    const body = new JsonBody(this.#rules, { several: "loose" });
    const parts = [body.push(utf8(data)), body.finish()];
    if (parts.includes(null)) return this.#scanned(data);
    const isMasked = !body.tally.empty;
    this.tally.add(body.tally);
    return isMasked ? text(concat(parts as Uint8Array[])) : null;
  }

  #scanned(line: string): string | null {
    const scanned = this.#rules.detect?.scan(utf8(line), "") ?? null;
    if (scanned === null) return null;
    this.tally.found(scanned.findings);
    return text(scanned.bytes);
  }
}

const isData = (line: string): boolean => line === "data" || line.startsWith("data:");

/** One space behind the colon is not of the value. */
const dataOf = (line: string): string => line.slice("data:".length).replace(/^ /u, "");
