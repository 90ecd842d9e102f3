import { concat, EMPTY } from "../../core/bytes.ts";
import { Hiding } from "../../core/hiding.ts";

/** Takes secrets out of a content as it comes, as far as they stand in it to the letter. */
export class Hidings {
  readonly #each: readonly Hiding[];

  constructor(secrets: readonly string[]) {
    this.#each = secrets.map((secret) => new Hiding(secret));
  }

  push(bytes: Uint8Array): Uint8Array {
    return this.#each.reduce((shown, hides) => hides.push(shown), bytes);
  }

  /** Its last bytes, and what was held. */
  end(bytes: Uint8Array = EMPTY): Uint8Array {
    return this.#each.reduce((rest, hides) => concat([hides.push(rest), hides.finish()]), bytes);
  }
}
