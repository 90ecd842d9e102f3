import { DurableObject } from "cloudflare:workers";
import { preparedSessionSeconds } from "../core/limits.ts";
import type { ObjectsEnv } from "./env.ts";

/** What is older is over, or is opened again beside the old one: nothing hangs on it. */
const forgottenMs = 86_400_000;

type Kept = { readonly session: string; readonly at: number };
type Coming = { readonly session: string; readonly done: Promise<void>; readonly go: () => void };

/**
 * Requests of one principal find their session here: `key` is what may share one, the token and the
 * resource among it. It opens nothing: of several that come at once, one is told to.
 */
export class CallerObject extends DurableObject<ObjectsEnv> {
  readonly #coming = new Map<string, Coming>();

  /** The session under that key; `mine`: there is none, and whoever asked opens `fresh`. */
  async join(key: string, fresh: string): Promise<{ session: string; mine: boolean }> {
    const coming = this.#coming.get(key);
    if (coming !== undefined) await coming.done;
    const known = await this.ctx.storage.get<Kept>(key);
    if (known !== undefined) return { session: known.session, mine: false };
    const again = this.#coming.get(key);
    if (again !== undefined) return this.join(key, fresh);
    this.#expect(key, fresh);
    return { session: fresh, mine: true };
  }

  #expect(key: string, session: string): void {
    let go: () => void = () => {};
    const done = new Promise<void>((resolve) => {
      go = resolve;
    });
    const timer = setTimeout(() => this.#arrived(key), preparedSessionSeconds * 1000);
    const over = () => {
      clearTimeout(timer);
      go();
    };
    this.#coming.set(key, { session, done, go: over });
  }

  #arrived(key: string): void {
    this.#coming.get(key)?.go();
    this.#coming.delete(key);
  }

  /** It may be used: those who wait are told of it. */
  async ready(key: string, session: string): Promise<void> {
    const now = Date.now();
    const old = await this.ctx.storage.list<Kept>();
    for (const [name, { at }] of old) {
      if (now - at > forgottenMs) await this.ctx.storage.delete(name);
    }
    await this.ctx.storage.put<Kept>(key, { session, at: now });
    this.#arrived(key);
  }

  /** It is over, or could not be opened. */
  async leave(key: string, session: string): Promise<void> {
    const known = await this.ctx.storage.get<Kept>(key);
    if (known?.session === session) await this.ctx.storage.delete(key);
    if (this.#coming.get(key)?.session === session) this.#arrived(key);
  }
}
