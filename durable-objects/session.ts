import { DurableObject } from "cloudflare:workers";
import type { Policy } from "../core/decision.ts";
import { DataPath } from "../core/data-path.ts";
import { pingSeconds, preparedSessionSeconds } from "../core/limits.ts";
import { createEngine } from "../core/protocols/index.ts";
import { headerJson } from "../core/recording/chain.ts";
import type { Review } from "../core/review/review.ts";
import { isExchanges, isStream, type SessionSpec } from "../core/session.ts";
import { SUBPROTOCOL } from "../core/tunnel/frames.ts";
import { database } from "../store/db.ts";
import { sealBytes } from "../store/seal.ts";
import { type Arrival, noteArrival } from "../store/health.ts";
import { addSession, dataKeyPurpose, type Ending, endSession } from "../store/sessions.ts";
import { catalogFor } from "./catalogs.ts";
import { nodeCrypto, sealWith } from "./crypto.ts";
import type { ObjectsEnv } from "./env.ts";
import { logFault } from "./fault.ts";
import { grammar, grammarReady } from "./grammar.ts";
import { Journal } from "./journal.ts";
import { LiveExchanges } from "./exchange/live.ts";
import { Results } from "./exchange/results.ts";
import { LiveSession } from "./live.ts";
import type { Live, LiveParts } from "./living.ts";
import { policyFor } from "./policy.ts";
import { Shipping } from "./shipping.ts";
import { standing } from "./standing.ts";
import { probe } from "./upstream/http.ts";
import { dial, passwordOf, type Upstream } from "./upstream/dial.ts";
import { Watchers, type WatchSpec } from "./watchers.ts";

/**
 * Records waiting are shipped this often while a session lives; after a crash the same alarm ships
 * the rest.
 */
const shipEveryMs = 60_000;
const shipAgainMs = 10_000;
/**
 * One revocation may end a thousand sessions: the endings come first, what they leave behind is
 * shipped over the next seconds.
 */
const afterRevocationMs = { least: 1_000, spread: 4_000 };
const recordsBytesMax = 1024 * 1024;

export type Notice =
  | { readonly do: "revoke"; readonly code: string; readonly reason: string }
  | { readonly do: "policy"; readonly version: string; readonly source: string };

/** What outlives the session itself. `end` is null until an ending has been decided. */
type Kept = {
  readonly session: string;
  readonly header: string;
  readonly end: Ending | null;
};

const LOST: Ending = { code: "lost", message: "The gateway lost this session.", commands: null };

/**
 * One live session: a client's WebSocket and a target's connection with a DataPath between them. It
 * dies with its sockets; only the journal outlives it, and an alarm ships what is left.
 */
export class SessionObject extends DurableObject<ObjectsEnv> {
  #prepared: { readonly spec: SessionSpec; readonly until: number } | null = null;
  #live: Live | null = null;
  #shipping: Shipping | null = null;
  #journal: Journal | null = null;
  readonly #watchers = new Watchers(() => this.#journal?.last ?? 0);
  readonly #results = new Results(this.env, this.ctx);
  #arrival: Arrival | null = null;
  #unanswered = 0;
  /** A notice is being followed: whatever ends now ends together with others. */
  #noticed = false;
  /** How the session ended that this object held, where the journal could not take it. */
  #unrecorded: Ending | null = null;

  /** Once; void when nobody picks it up (CONTRACTS §4). */
  async prepare(spec: SessionSpec): Promise<void> {
    const used = this.#prepared !== null || (await this.#kept()) !== null;
    if (used) throw new Error("this session has been prepared already");
    this.#prepared = { spec, until: Date.now() + preparedSessionSeconds * 1000 };
  }

  override async fetch(request: Request): Promise<Response> {
    if (request.headers.has("sluice-exchange")) return this.#exchange(request);
    const watcher = request.headers.get("sluice-watcher");
    if (watcher !== null) return this.#watch(JSON.parse(watcher) as WatchSpec);
    const prepared = this.#prepared;
    const upgrades = request.headers.get("upgrade")?.toLowerCase() === "websocket";
    const isDue = prepared !== null && Date.now() <= prepared.until && this.#live === null;
    if (!isDue || !upgrades || !isStream(prepared.spec)) return new Response(null, { status: 404 });
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    server.accept();
    server.binaryType = "arraybuffer";
    const { spec } = prepared;
    this.#prepared = { spec, until: 0 };
    const parts = this.#begin(spec);
    const live = new LiveSession({ ...parts, spec, socket: server });
    this.#live = live;
    this.ctx.waitUntil(this.#open(live, (policy) => this.#meet(live, policy)));
    const headers = { "sec-websocket-protocol": SUBPROTOCOL };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  /**
   * By a header that no client can send. 404 with `sluice-gone`: the session is over, and nothing
   * of the request was read.
   */
  async #exchange(request: Request): Promise<Response> {
    const live = this.#live ?? this.#openExchanges();
    const answer = live instanceof LiveExchanges ? await live.answer(request) : null;
    return answer ?? new Response(null, { status: 404, headers: { "sluice-gone": "1" } });
  }

  #openExchanges(): LiveExchanges | null {
    const prepared = this.#prepared;
    if (prepared === null || Date.now() > prepared.until || !isExchanges(prepared.spec))
      return null;
    const { spec } = prepared;
    this.#prepared = { spec, until: 0 };
    const live = new LiveExchanges({ ...this.#begin(spec), spec, results: this.#results });
    this.#live = live;
    this.ctx.waitUntil(
      this.#open(live, async (policy) => {
        live.start(policy);
        await this.#confirm(live);
      }),
    );
    return live;
  }

  /** By a header that no client can send. 404: nothing lives here; 409: too many watch. */
  #watch(spec: WatchSpec): Response {
    if (this.#live === null) return new Response(null, { status: 404 });
    const webSocket = this.#watchers.open(spec);
    return webSocket === null
      ? new Response(null, { status: 409 })
      : new Response(null, { status: 101, webSocket });
  }

  /** Whether what is read is watched, and so written down already. */
  async watches(watch: string, reading: Omit<WatchSpec, "expiresAt">): Promise<boolean> {
    return this.#watchers.covers(watch, reading);
  }

  /** Nothing to do where no session lives: it learns the rest from its ending. */
  async notify(notice: Notice): Promise<void> {
    const live = this.#live;
    if (live === null) return;
    this.#noticed = true;
    if (notice.do === "policy") live.adopt({ version: notice.version, source: notice.source });
    else live.revoke(notice.code, notice.reason);
    this.#noticed = false;
  }

  /** How it came to its target, while the object remembers. */
  async arrival(): Promise<Arrival | null> {
    return this.#arrival;
  }

  async settled(review: Review): Promise<void> {
    await this.#live?.settled(review);
  }

  /** Whether something is still to come of what this session was asked; if not, its row says so. */
  async awaits(session: string, result: string): Promise<boolean> {
    if (this.#results.expects(result)) return true;
    await this.#results.lose(session);
    return false;
  }

  async withdrawResult(result: string): Promise<ReturnType<Results["withdraw"]>> {
    return this.#results.withdraw(result);
  }

  /** Records that are not in the store yet, from `from` on, about 1 MiB of them. */
  async records(from: number): Promise<{ first: number; records: Uint8Array[]; live: boolean }> {
    const lost = await this.#recover();
    if (lost !== null && lost.journal.bytes > 0) await this.ctx.storage.setAlarm(Date.now());
    const journal = this.#journal;
    const live = this.#live !== null;
    if (journal === null) return { first: from, records: [], live };
    return { ...journal.since(from, recordsBytesMax), live };
  }

  #begin(spec: SessionSpec): LiveParts {
    const header = headerJson({
      session: spec.id,
      principal: spec.principal.id,
      resource: spec.resource.id,
      openedAt: spec.openedAt,
    });
    const journal = new Journal(this.ctx.storage.sql, header);
    const shipping = new Shipping(this.env, header, journal);
    this.#journal = journal;
    this.#shipping = shipping;
    void this.ctx.storage.put<Kept>("session", { session: spec.id, header, end: null });
    void this.ctx.storage.setAlarm(Date.now() + shipEveryMs);
    return {
      env: this.env,
      journal,
      shipping,
      ship: () => {
        if (this.#live !== null) this.ctx.waitUntil(this.#ship(this.#live, "full"));
      },
      recorded: () => this.#watchers.recorded(),
      arrived: (how) => this.ctx.waitUntil(this.#noteArrival(spec, how)),
      over: (code, message, recorded) => {
        const commands = this.#live?.commands ?? 0;
        this.#live = null;
        this.#watchers.ended();
        const end = { code, message, commands };
        const ended = { session: spec.id, header, end };
        if (recorded) this.ctx.waitUntil(this.#ended(ended, this.#noticed));
        else this.#endLater(end);
      },
    };
  }

  /** The opening row is written before the target hears of us. */
  async #open(live: Live, go: (policy: Policy) => Promise<void>): Promise<void> {
    const { spec, journal } = live;
    const timer = setInterval(() => void this.#ping(live, timer), pingSeconds * 1000);
    try {
      const key = nodeCrypto.random(32);
      const dataKey = await sealBytes(this.env, dataKeyPurpose(spec.id), key);
      journal.sealWith(sealWith(key));
      const { header } = (await this.#kept()) as Kept;
      await addSession(database(this.env), spec, { header, dataKey });
      await go(policyFor(this.env, spec));
    } catch (error) {
      logFault("open", spec.id, error);
      live.close("internal", "The gateway could not open this session.");
    }
  }

  /** Of a stream: the tunnel is told, the target dialled, its catalog read. */
  async #meet(live: LiveSession, policy: Policy): Promise<void> {
    const { spec } = live;
    live.tunnel.opened(spec.id);
    const [reached, catalog] = await Promise.all([
      this.#reach(live),
      catalogFor(this.env, spec, "opening"),
      this.#confirm(live),
      grammarReady(),
    ]);
    const parts = { spec, crypto: nodeCrypto, grammar, masker: policy.masker, catalog };
    const engine = createEngine(spec.resource.type, { ...parts, password: reached.password });
    const path = new DataPath({ spec, engine, policy, crypto: nodeCrypto });
    live.start(path, reached.upstream, reached.failure);
    if (catalog === null && spec.literalTexts === null) {
      live.note("The target's catalog could not be read: its columns and functions are unknown.");
    }
  }

  /** What was said before the row was there reached nobody; what is said from here on does. */
  async #confirm(live: Live): Promise<void> {
    const news = await standing(this.env, live.spec, live.policy, Date.now());
    if (news !== null) await this.notify(news);
  }

  /** Whether the service answers, and takes the credential. No session comes of it. */
  async reach(spec: SessionSpec): Promise<Arrival> {
    if (!isExchanges(spec)) throw new Error("not a service");
    return probe(this.env, spec);
  }

  /** Nobody waits for it, and nothing hangs on it (CONTRACTS §4). */
  async #noteArrival(spec: SessionSpec, how: Arrival): Promise<void> {
    this.#arrival = how;
    await noteArrival(database(this.env), spec.resource.id, how).catch(() => {});
  }

  async #reach({ spec, arriving }: LiveSession): Promise<{
    upstream: Upstream | null;
    password: Uint8Array | null;
    failure: string | null;
  }> {
    try {
      const password = await passwordOf(this.env, spec.resource.password, spec.sealed);
      const from = Date.now();
      const upstream = await dial(spec.resource);
      arriving.dialled(Date.now() - from);
      return { upstream, password, failure: null };
    } catch (error) {
      return { upstream: null, password: null, failure: (error as Error).message };
    }
  }

  /** Asks the client whether it is there, and D1 whether the session may go on. */
  async #ping(live: Live, timer: ReturnType<typeof setInterval>): Promise<void> {
    if (live.closed) return clearInterval(timer);
    live.beat();
    if (live.closed) return;
    try {
      const news = await standing(this.env, live.spec, live.policy, Date.now());
      this.#unanswered = 0;
      if (news !== null) await this.notify(news);
      await live.recall();
      await live.freshen();
    } catch {
      this.#unanswered++;
      if (this.#unanswered < 2) return;
      const reason = "The gateway could not confirm that your access still stands.";
      live.revoke("unconfirmed", reason);
    }
  }

  async #ended(kept: Kept, later: boolean): Promise<void> {
    await this.ctx.storage.put<Kept>("session", kept);
    if (!later) return this.#finish(kept);
    const { least, spread } = afterRevocationMs;
    await this.ctx.storage.setAlarm(Date.now() + least + Math.random() * spread);
  }

  /** Soon, for nothing may hold this object, and what it alone knows goes with it. */
  #endLater(end: Ending): void {
    this.#unrecorded = end;
    const soon = Date.now() + afterRevocationMs.least;
    this.ctx.waitUntil(this.ctx.storage.setAlarm(soon).catch(() => {}));
  }

  /** Ships everything and closes the row; the alarm comes again until both are done. */
  async #finish(kept: Kept): Promise<void> {
    try {
      const shipped = (await this.#shipping?.ship("all")) ?? true;
      if (!shipped || kept.end === null) throw new Error("the store is away");
      const db = database(this.env);
      await endSession(db, kept.session, kept.end, Date.now());
      if (kept.end.code === LOST.code) await this.#results.lose(kept.session);
      this.#journal?.forget();
      await this.ctx.storage.deleteAlarm();
    } catch {
      await this.ctx.storage.setAlarm(Date.now() + shipAgainMs);
    }
  }

  override async alarm(): Promise<void> {
    const live = this.#live;
    if (live === null) {
      const kept = (await this.#recover())?.kept;
      if (kept !== undefined) await this.#finish(kept);
      return;
    }
    await this.#ship(live, "all");
  }

  /** Of a session that lives: ships what waits, and sets the alarm for the next time. */
  async #ship(live: Live, what: "full" | "all"): Promise<void> {
    const shipped = await live.shipping.ship(what);
    if (live.shipping.overdue(Date.now())) {
      const reason = "The store for recordings has been away for too long.";
      live.revoke("recording_unavailable", reason);
    }
    if (live.closed) return;
    await this.ctx.storage.setAlarm(Date.now() + (shipped ? shipEveryMs : shipAgainMs));
  }

  /** After a crash: the session is lost, and its recording says so. */
  async #recover(): Promise<{ journal: Journal; kept: Kept } | null> {
    const kept = await this.#kept();
    if (kept === null || this.#live !== null) return null;
    const journal = this.#journal ?? new Journal(this.ctx.storage.sql, kept.header);
    this.#journal = journal;
    this.#shipping ??= new Shipping(this.env, kept.header, journal);
    if (kept.end !== null) return { journal, kept };
    const end = this.#unrecorded ?? LOST;
    const fact = { kind: "end", ...end, toClientBytes: null, toUpstreamBytes: null } as const;
    journal.append([{ at: Date.now(), command: 0, fact }]);
    const ended = { ...kept, end };
    await this.ctx.storage.put<Kept>("session", ended);
    return { journal, kept: ended };
  }

  async #kept(): Promise<Kept | null> {
    return (await this.ctx.storage.get<Kept>("session")) ?? null;
  }
}
