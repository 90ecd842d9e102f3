import { DurableObject } from "cloudflare:workers";
import type { Budget, UnixMs } from "../core/decision.ts";
import {
  exchangesIdleSeconds,
  exchangesOpenedMax,
  preparedSessionSeconds,
} from "../core/limits.ts";
import type { ObjectsEnv } from "./env.ts";

/** What is older is over, or is opened again beside the old one: nothing hangs on it. */
const forgottenMs = 86_400_000;

export type Overdrawn = { readonly budget: Budget; readonly retryAfterSeconds: number };

/** Of the stretch that the clock is in. */
const beginOf = ({ seconds }: Budget, now: UnixMs): UnixMs => now - (now % (seconds * 1000));

/** Whatever headers a client makes up: each session is an object, rows and a recording. */
const OPENINGS: Budget = {
  id: "",
  resource: "",
  seconds: exchangesIdleSeconds,
  requests: exchangesOpenedMax,
  bytes: null,
  message: "You have opened too many sessions of requests: Sluice-Reason opens one each.",
};

export type Joined = { readonly session: string; readonly mine: boolean };

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
    ctx.storage.sql.exec(
      "create table if not exists sessions (key text primary key, session text, at integer)",
    );
    ctx.storage.sql.exec("create index if not exists sessions_at on sessions (at)");
  }

  /**
   * The session under that key; `mine`: there is none, and whoever asked opens `fresh`, unless too
   * many were opened of late.
   */
  async join(key: string, fresh: string): Promise<Joined | Overdrawn> {
    for (let coming = this.#coming.get(key); coming !== undefined; coming = this.#coming.get(key)) {
      await coming.done;
    }
    const known = this.#sessionOf(key);
    if (known !== null) return { session: known, mine: false };
    const over = this.#spend([OPENINGS]);
    if (over !== null) return over;
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
    const { sql } = this.ctx.storage;
    sql.exec("delete from sessions where at < ?", now - forgottenMs);
    sql.exec("insert or replace into sessions values (?, ?, ?)", key, session, now);
    this.#arrived(key);
  }

  #sessionOf(key: string): string | null {
    const [row] = this.ctx.storage.sql
      .exec<{ session: string }>("select session from sessions where key = ?", key)
      .toArray();
    return row?.session ?? null;
  }

  /**
   * One request more on these budgets, if none of them is used up: else the first that is, and when
   * its time is over. Nothing is counted then.
   */
  async spend(budgets: readonly Budget[]): Promise<Overdrawn | null> {
    return this.#spend(budgets);
  }

  #spend(budgets: readonly Budget[]): Overdrawn | null {
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
    this.ctx.storage.sql.exec("delete from sessions where key = ? and session = ?", key, session);
    if (this.#coming.get(key)?.session === session) this.#arrived(key);
  }
}
