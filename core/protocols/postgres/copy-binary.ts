import { EMPTY, equal, i32, u16, utf8 } from "../../bytes.ts";
import { rowBytesMax } from "../../limits.ts";
import type { Masker } from "../../masker.ts";
import type { RowPlan } from "./cells.ts";
import type { CopyMasker } from "./copy.ts";
import { Growing } from "../../growing.ts";
import { Tally } from "../../tally.ts";
import { rewriteCells } from "./rows.ts";
import { RowStream, streamable } from "./stream.ts";

/*
 * COPY's binary format (manual, "COPY", Binary Format): signature · u32 flags · u32 extension
 * length · extension · tuples (`u16 fields · (i32 length · bytes)*`) · i16 -1.
 */

const SIGNATURE = Uint8Array.of(...utf8("PGCOPY\n"), 0xff, 0x0d, 0x0a, 0);
const HEADER_BYTES = SIGNATURE.length + 8;
const TRAILER = 0xffff;

export class BinaryCopy implements CopyMasker {
  readonly tally = new Tally();
  readonly #plan: RowPlan;
  readonly #masker: Masker;
  readonly #in = new Growing();
  readonly #out = new Growing();
  #at: "header" | "tuples" | "end" = "header";
  #stream: RowStream | null = null;

  constructor(plan: RowPlan, masker: Masker) {
    this.#plan = plan;
    this.#masker = masker;
  }

  push(payload: Uint8Array): Uint8Array | "malformed" | "too large" {
    this.#in.put(payload);
    let used = 0;
    for (;;) {
      const next = this.#stream === null ? this.#step(used) : this.#streamOn(this.#stream, used);
      if (typeof next === "string") return next;
      if (next === used && this.#stream === null) break;
      if (next === used && used === this.#in.length) break;
      used = next;
    }
    this.#in.drop(used);
    return this.#out.take();
  }

  end(): Uint8Array | "malformed" {
    return this.#at === "end" && this.#in.length === 0 ? EMPTY : "malformed";
  }

  /** Where the next part begins; the same place when more must come first. */
  #step(used: number): number | "malformed" | "too large" {
    const { bytes, length } = this.#in;
    if (this.#at === "header") return this.#header();
    if (this.#at === "end") return used === length ? used : "malformed";
    if (used + 2 > length) return used;
    if (u16(bytes, used) === TRAILER) {
      this.#at = "end";
      this.#out.append(bytes, used, used + 2);
      return used + 2;
    }
    const end = this.#tupleEnd(used);
    if (end === null) return "malformed";
    if (end - used > rowBytesMax) return this.#beginStream(used);
    if (end > length || !this.#whole) return used;
    const { tally } = this;
    const rewritten = rewriteCells(bytes, used, end, this.#plan, this.#out, this.#masker, tally);
    return rewritten ? end : "malformed";
  }

  #header(): number | "malformed" {
    const { bytes, length } = this.#in;
    const shared = Math.min(length, SIGNATURE.length);
    if (!equal(bytes.subarray(0, shared), SIGNATURE.subarray(0, shared))) return "malformed";
    if (length < HEADER_BYTES) return 0;
    const extension = i32(bytes, SIGNATURE.length + 4);
    if (extension < 0 || extension > rowBytesMax) return "malformed";
    const end = HEADER_BYTES + extension;
    if (length < end) return 0;
    this.#at = "tuples";
    this.#out.append(bytes, 0, end);
    return end;
  }

  /** The last look at a tuple reached its last field's length. */
  #whole = false;

  /** Where the tuple ends, as far as its lengths have come. Null: malformed. */
  #tupleEnd(used: number): number | null {
    const { bytes, length } = this.#in;
    const fields = u16(bytes, used);
    this.#whole = false;
    if (fields !== this.#plan.columns.length) return null;
    let at = used + 2;
    for (let i = 0; i < fields; i++) {
      if (at + 4 > length) return at;
      const field = i32(bytes, at);
      if (field < -1) return null;
      at += 4 + Math.max(0, field);
    }
    this.#whole = true;
    return at;
  }

  #beginStream(used: number): number | "too large" {
    if (!streamable(this.#plan)) return "too large";
    this.#stream = new RowStream(this.#plan, this.#masker, Number.POSITIVE_INFINITY);
    return used;
  }

  #streamOn(stream: RowStream, used: number): number | "malformed" {
    const count = stream.consume(this.#in.bytes.subarray(used, this.#in.length));
    if (count < 0) return "malformed";
    this.#out.put(stream.take());
    if (stream.done) {
      this.tally.add(stream.tally);
      this.#stream = null;
    }
    return used + count;
  }
}
