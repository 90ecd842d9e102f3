import { DurableObject } from "cloudflare:workers";
import type { UnixMs } from "../core/decision.ts";
import { inboxesMax, openReviewsMax } from "../core/limits.ts";
import {
  accessEndsAt,
  type Ballot,
  consume,
  estimated,
  expire,
  openReview,
  type Outcome,
  type Question,
  type Review,
  type ReviewState,
  vote,
  type Voter,
  withdraw,
} from "../core/review/review.ts";
import { maySee, viewOf, type Viewer } from "../core/review/view.ts";
import type { Granted } from "../core/session.ts";
import type { Estimate } from "../core/sql/estimate.ts";
import { leastId, newId } from "../store/ids.ts";
import { type ObjectsEnv, sessionOf } from "./env.ts";

/** Sessions that could not be told are told again after this long. */
const tellAgainMs = 5_000;

export type Asked =
  | { readonly is: "asked"; readonly review: Review }
  | { readonly is: "refused"; readonly message: string };

type Row = { json: string };

type Later = "access" | "estimate" | "signIn" | "parameters" | "masked";

/** Older ones do not say all of it. */
const reviewIn = (json: string): Review => {
  const review = JSON.parse(json) as Omit<Review, Later> & Partial<Pick<Review, Later>>;
  const { access = null, estimate = null, signIn = null, parameters = [], masked = [] } = review;
  return { ...review, access, estimate, signIn, parameters, masked };
};

const watcherOf = (socket: WebSocket): Watcher => socket.deserializeAttachment() as Watcher;

type Watcher = {
  readonly viewer: Viewer;
  readonly expiresAt: UnixMs;
  readonly openedAt: UnixMs;
};

/**
 * Every review of the deployment. One object, so that a vote, an expiry and a use of the approval
 * come one after the other; its SQLite is the truth.
 */
export class ReviewDesk extends DurableObject<ObjectsEnv> {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(`create table if not exists reviews (id text primary key, state text not null,
      session text not null, principal text not null, expires_at integer not null,
      told integer not null, json text not null) without rowid`);
    this.#sql.exec("create index if not exists by_state on reviews (state, expires_at)");
    this.#sql.exec("create index if not exists by_state_and_id on reviews (state, id)");
    this.#sql.exec("create index if not exists by_told on reviews (told)");
    this.#sql.exec(`create table if not exists granted (review text primary key,
      principal text not null, resource text not null, grant_id text not null,
      ends_at integer not null) without rowid`);
    this.#sql.exec("create index if not exists by_principal on granted (principal)");
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /**
   * An inbox: the worker says who looks, in a header that no client can send. It sleeps with the
   * object, and what it may see is what the caller could at its opening.
   */
  override async fetch(request: Request): Promise<Response> {
    const said = JSON.parse(request.headers.get("sluice-viewer") ?? "") as Watcher;
    const watcher = { ...said, openedAt: Date.now() };
    const { 0: client, 1: server } = new WebSocketPair();
    const [oldest, ...others] = this.ctx
      .getWebSockets()
      .filter((socket) => watcherOf(socket).viewer.id === watcher.viewer.id)
      .toSorted((a, b) => watcherOf(a).openedAt - watcherOf(b).openedAt);
    if (others.length + 1 >= inboxesMax) oldest?.close(1008, "Too many inboxes are open.");
    this.ctx.acceptWebSocket(server);
    server.serializeAttachment(watcher);
    server.send(JSON.stringify({ on: "hello" }));
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket): void {
    socket.close(1008, "An inbox is only read.");
  }

  override webSocketClose(socket: WebSocket): void {
    socket.close();
  }

  #show(review: Review): void {
    const now = Date.now();
    for (const socket of this.ctx.getWebSockets()) {
      const { viewer, expiresAt } = watcherOf(socket);
      if (now >= expiresAt) socket.close(4401, "The access token has expired.");
      else if (maySee(review, viewer)) {
        socket.send(JSON.stringify({ on: "review", review: viewOf(review, viewer) }));
      }
    }
  }

  /** Refuses a flood: `openReviewsMax` of one principal may wait. */
  async ask(question: Question): Promise<Asked> {
    const open = this.#sql
      .exec<{ n: number }>(
        "select count(*) n from reviews where state = 'pending' and principal = ?",
        question.principal.id,
      )
      .one().n;
    if (open >= openReviewsMax) {
      return { is: "refused", message: `${open} reviews of yours are waiting already.` };
    }
    const review = openReview(newId("rev"), question);
    this.#put(review);
    await this.#arm();
    return { is: "asked", review };
  }

  async get(id: string): Promise<Review | null> {
    const review = this.#read(id);
    const today = review === null ? null : expire(review, Date.now());
    return today === null || today === review ? review : this.#put(today);
  }

  /** Newest first. `after` is the id of the last one seen. */
  async list(filter: {
    readonly state: ReviewState | null;
    readonly limit: number;
    readonly after: string | null;
  }): Promise<readonly Review[]> {
    this.#expireAll();
    const { state, limit, after } = filter;
    // Each condition in its own words, so that an index leads: `? is null or …` would read it all.
    const conditions = [state === null ? "" : "and state = ?", after === null ? "" : "and id < ?"];
    const rows = this.#sql.exec<Row>(
      `select json from reviews where true ${conditions.join(" ")} order by id desc limit ?`,
      ...[state, after].filter((value) => value !== null),
      limit,
    );
    return rows.toArray().map(({ json }) => reviewIn(json));
  }

  /** Answered by people, asked in that time; those that waited longest first. */
  async slowest(from: UnixMs, to: UnixMs, limit: number): Promise<readonly Review[]> {
    const waited = "(json ->> '$.settledAt') - (json ->> '$.askedAt')";
    const rows = this.#sql.exec<Row>(
      `select json from reviews where id >= ?1 and id < ?2 and state in ('approved', 'rejected')
       order by ${waited} desc limit ?3`,
      leastId("rev", from),
      leastId("rev", to),
      limit,
    );
    return rows.toArray().map(({ json }) => reviewIn(json));
  }

  /** The caller has checked the voter's role and how fresh the groups are (CONTRACTS §8). */
  async vote(id: string, voter: Voter, ballot: Ballot): Promise<Outcome | null> {
    const before = this.#read(id);
    if (before === null) return null;
    const outcome = vote(before, voter, ballot, Date.now());
    if (outcome.is === "review") {
      this.#put(outcome.review);
      await this.#tell();
    }
    return outcome;
  }

  /** What the planner expects of what is held: said once, while people still decide. */
  async estimated(id: string, estimate: Estimate): Promise<void> {
    const review = this.#read(id);
    const known = review === null ? null : estimated(expire(review, Date.now()), estimate);
    if (known !== null) this.#put(known);
  }

  async withdraw(id: string): Promise<Review | null> {
    const review = this.#read(id);
    return review === null ? null : this.#put(withdraw(review, Date.now()), true);
  }

  /** What that principal may open now because it was asked for. */
  async granted(principal: string): Promise<readonly (Granted & { resource: string })[]> {
    this.#sql.exec("delete from granted where ends_at <= ?", Date.now());
    type GrantedRow = { resource: string; grant: string; endsAt: number };
    const query = `select resource, grant_id as "grant", ends_at as "endsAt" from granted
      where principal = ?`;
    return this.#sql.exec<GrantedRow>(query, principal).toArray();
  }

  #grant(review: Review): void {
    const endsAt = accessEndsAt(review);
    this.#sql.exec("delete from granted where review = ?", review.id);
    if (review.access === null || endsAt === null) return;
    const { id, principal, resource, access } = review;
    const row = [id, principal.id, resource, access.grant, endsAt];
    this.#sql.exec("insert into granted values (?, ?, ?, ?, ?)", ...row);
  }

  /** The approval, used up. Null: this command may not run. */
  async consume(id: string, digest: string): Promise<Review | null> {
    const review = this.#read(id);
    const used = review === null ? null : consume(review, digest, Date.now());
    return used === null ? null : this.#put(used);
  }

  override async alarm(): Promise<void> {
    this.#expireAll();
    await this.#tell();
    await this.#arm();
  }

  #expireAll(): void {
    const now = Date.now();
    const over = this.#sql
      .exec<Row>("select json from reviews where state = 'pending' and expires_at <= ?", now)
      .toArray();
    for (const { json } of over) this.#put(expire(reviewIn(json), now));
  }

  /**
   * Tells the sessions whose reviews are over. One that cannot be reached is told again by the
   * alarm.
   */
  async #tell(): Promise<void> {
    const rows = this.#sql
      .exec<Row>("select json from reviews where told = 0 and state <> 'pending' limit 100")
      .toArray();
    for (const { json } of rows) {
      const review = reviewIn(json);
      try {
        await sessionOf(this.env, review.session).settled(review);
        this.#sql.exec("update reviews set told = 1 where id = ?", review.id);
      } catch {
        await this.#arm();
      }
    }
  }

  async #arm(): Promise<void> {
    const { at } = this.#sql
      .exec<{ at: number | null }>(
        `select min(case when state = 'pending' then expires_at else ? end) at
         from reviews where told = 0`,
        Date.now() + tellAgainMs,
      )
      .one();
    if (at !== null) await this.ctx.storage.setAlarm(at);
  }

  #read(id: string): Review | null {
    const [row] = this.#sql.exec<Row>("select json from reviews where id = ?", id).toArray();
    return row === undefined ? null : reviewIn(row.json);
  }

  /** `told`: the session knows already, because it is the one who said so. */
  #put(review: Review, told = false): Review {
    const { id, state, session, principal, expiresAt } = review;
    this.#sql.exec(
      `insert into reviews values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
       on conflict (id) do update set state = ?2, told = max(told, ?6), json = ?7`,
      id,
      state,
      session,
      principal.id,
      expiresAt,
      told || review.access !== null ? 1 : 0,
      JSON.stringify(review),
    );
    if (review.access !== null) this.#grant(review);
    this.#show(review);
    return review;
  }
}
