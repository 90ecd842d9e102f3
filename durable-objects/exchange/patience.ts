/** How long a service is waited for, from the end of a request to the head of its answer. */
export class Patience {
  readonly #seconds: number;
  readonly #give: () => void;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #is: "waiting" | "answered" | "over" = "waiting";

  /** `give`: gives the request up, which then fails. */
  constructor(seconds: number, give: () => void) {
    this.#seconds = seconds;
    this.#give = give;
  }

  /** The request has left, whole. */
  begin(): void {
    if (this.#is !== "waiting") return;
    this.#timer = setTimeout(() => {
      this.#is = "over";
      this.#give();
    }, this.#seconds * 1000);
  }

  /** The service has answered, or never will. */
  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#is === "waiting") this.#is = "answered";
  }

  /** What to say of it, where it was in vain; null: it was not. */
  get words(): string | null {
    return this.#is !== "over" ? null : `The service did not answer within ${this.#seconds} s.`;
  }
}
