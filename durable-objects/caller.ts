import { DurableObject } from "cloudflare:workers";
import type { Budget, UnixMs } from "../core/decision.ts";
import { preparedSessionSeconds } from "../core/limits.ts";
import type { ObjectsEnv } from "./env.ts";

/** What is older is over, or is opened again beside the old one: nothing hangs on it. */
const forgottenMs = 86_400_000;

export type Overdrawn = { readonly budget: Budget; readonly retryAfterSeconds: number };

/** Of the stretch that the clock is in. */
const beginOf = ({ seconds }: Budget, now: UnixMs): UnixMs => now - (now % (seconds * 1000));

type Kept = { readonly session: string; readonly at: number };
type Coming = { readonly session: string; readonly done: Promise<void>; readonly go: () => void };

/**
 * Requests of one principal find their session here: `key` is what may share one, the token and the
 * resource among it. It opens nothing: of several that come at once, one is told to.
 */
export class CallerObject extends DurableObject<ObjectsEnv> {
  readonly #coming = new Map<string, Coming>();

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    ctx.storage.sql.exec(`create table if not exists budgets (id text, resource text,
      since integer, requests integer, bytes integer, primary key (id, resource))`);
  }

  /** The session under that key; `mine`: there is none, and whoever asked opens `fresh`. */
  async join(key: string, fresh: string): Promise<{ session: string; mine: boolean }> {
    const coming = this.#coming.get(key);
    if (coming !== undefined) await coming.done;
    const known = await this.ctx.storage.get<Kept>(key);
    if (known !== undefined) return { session: known.session, mine: false };
    const again = this.#coming.get(key);
    if (again !== undefined) return this.join(key, fresh);
    this.#expect(key, fresh, preparedSessionSeconds);
    return { session: fresh, mine: true };
  }

  /**
   * Settles when nobody else has that turn; `leave` with the same `mine` ends it, as does its time.
   */
  async turn(key: string, mine: string, seconds: number): Promise<void> {
    for (;;) {
      const before = this.#coming.get(key);
      if (before === undefined) return this.#expect(key, mine, seconds);
      await before.done;
    }
  }

  #expect(key: string, session: string, seconds: number): void {
    let go: () => void = () => {};
    const done = new Promise<void>((resolve) => {
      go = resolve;
    });
    const timer = setTimeout(() => this.#arrived(key), seconds * 1000);
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

  /**
   * One request more on these budgets, if none of them is used up: else the first that is, and when
   * its time is over. Nothing is counted then.
   */
  async spend(budgets: readonly Budget[]): Promise<Overdrawn | null> {
    const now = Date.now();
    for (const budget of budgets) {
      const used = this.#used(budget, now);
      const over =
        (budget.requests !== null && used.requests >= budget.requests) ||
        (budget.bytes !== null && used.bytes >= budget.bytes);
      if (over) return { budget, retryAfterSeconds: Math.ceil((used.until - now) / 1000) };
    }
    for (const budget of budgets) this.#count(budget, now, 1, 0);
    return null;
  }

  /** Bytes that an answer had. */
  async spent(budgets: readonly Budget[], bytes: number): Promise<void> {
    for (const budget of budgets) this.#count(budget, Date.now(), 0, bytes);
  }

  #used(budget: Budget, now: UnixMs) {
    const from = beginOf(budget, now);
    const [row] = this.ctx.storage.sql
      .exec<{ requests: number; bytes: number }>(
        "select requests, bytes from budgets where id = ? and resource = ? and since = ?",
        budget.id,
        budget.resource,
        from,
      )
      .toArray();
    return { requests: 0, bytes: 0, ...row, until: from + budget.seconds * 1000 };
  }

  #count(budget: Budget, now: UnixMs, requests: number, bytes: number): void {
    const { id, resource } = budget;
    const from = beginOf(budget, now);
    this.ctx.storage.sql.exec(
      `insert into budgets values (?, ?, ?, ?, ?) on conflict (id, resource) do update set
        requests = iif(since = excluded.since, requests, 0) + excluded.requests,
        bytes = iif(since = excluded.since, bytes, 0) + excluded.bytes, since = excluded.since`,
      id,
      resource,
      from,
      requests,
      bytes,
    );
  }

  /** It is over, or could not be opened. */
  async leave(key: string, session: string): Promise<void> {
    const known = await this.ctx.storage.get<Kept>(key);
    if (known?.session === session) await this.ctx.storage.delete(key);
    if (this.#coming.get(key)?.session === session) this.#arrived(key);
  }
}
