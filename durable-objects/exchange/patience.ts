/** Calls `late` once, when nothing was heard for so many seconds. */
export class Patience {
  readonly #seconds: number;
  readonly #late: () => void;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(seconds: number, late: () => void) {
    this.#seconds = seconds;
    this.#late = late;
  }

  /** The time runs from here. */
  begin(): void {
    this.end();
    this.#timer = setTimeout(this.#late, this.#seconds * 1000);
  }

  /** Something was heard, where it runs at all. */
  again(): void {
    if (this.#timer !== null) this.begin();
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
