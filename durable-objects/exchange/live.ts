import type { Budget, Policy, UnixMs } from "../../core/decision.ts";
import { ExchangePath } from "../../core/exchange-path.ts";
import type { Authored, Refusal } from "../../core/exchange.ts";
import type { Event } from "../../core/fact.ts";
import { exchangesBytesMax, exchangesIdleSeconds, exchangesMax } from "../../core/limits.ts";
import { textMatches } from "../../core/masking/regex.ts";
import { createExchangeEngine } from "../../core/protocols/index.ts";
import type { Review } from "../../core/review/review.ts";
import type { ExchangeSpec, SessionSpec } from "../../core/session.ts";
import { database } from "../../store/db.ts";
import { sealedSecret } from "../../store/secrets.ts";
import { Arriving } from "../arrival.ts";
import { nodeCrypto } from "../crypto.ts";
import type { ObjectsEnv } from "../env.ts";
import { logFault } from "../fault.ts";
import type { Journal } from "../journal.ts";
import type { Live, LiveParts } from "../living.ts";
import { policyFor, resourceIn } from "../policy.ts";
import type { Shipping } from "../shipping.ts";
import { tokensOf } from "../upstream/http-credential.ts";
import type { ClientCredentials } from "../upstream/oauth.ts";
import { LiveExchange } from "./exchange.ts";
import type { Results } from "./results.ts";

/** The session's exchanges while it lives: many at once, each with its own way there and back. */
export class LiveExchanges implements Live {
  readonly env: ObjectsEnv;
  spec: ExchangeSpec;
  readonly journal: Journal;
  readonly shipping: Shipping;
  readonly arriving: Arriving;
  /** The version in force for this session. */
  policy: string;
  /** Settles when it may be used, or has been closed before that. */
  readonly opened: Promise<void>;
  /** Of the service's issuer, where its credential is a token. */
  tokens: ClientCredentials | null;
  /** Answers that are kept for whoever asked. */
  readonly results: Results;
  readonly #parts: LiveParts;
  readonly #under = new Set<LiveExchange>();
  #begin: () => void = () => {};
  #path: ExchangePath | null = null;
  /** Of bodies under way. */
  #bytes = 0;
  #closed = false;
  #usedAt: UnixMs = Date.now();
  #now: UnixMs = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(parts: LiveParts & { readonly spec: ExchangeSpec; readonly results: Results }) {
    this.#parts = parts;
    this.env = parts.env;
    this.spec = parts.spec;
    this.results = parts.results;
    this.journal = parts.journal;
    this.shipping = parts.shipping;
    this.policy = parts.spec.policy.version;
    this.arriving = new Arriving(parts.arrived);
    this.tokens = tokensOf(parts.env, parts.spec);
    this.opened = new Promise((resolve) => {
      this.#begin = resolve;
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  get commands(): number {
    return this.#path?.count.commands ?? 0;
  }

  /** Never goes back within a session (CONTRACTS §10). */
  now(): UnixMs {
    this.#now = Math.max(this.#now, Date.now());
    return this.#now;
  }

  start(policy: Policy): void {
    if (this.#closed) return;
    const engine = createExchangeEngine({
      spec: this.spec,
      masker: policy.masker,
      matches: textMatches,
    });
    this.#path = new ExchangePath({ spec: this.spec, engine, policy, crypto: nodeCrypto });
    this.record(this.#path.opened(this.now()));
    this.#arm();
    this.#begin();
  }

  /** Null: the session is over, and nothing of the request was read. */
  async answer(request: Request): Promise<Response | null> {
    await this.opened;
    const path = this.#path;
    if (this.#closed || path === null) return null;
    this.#usedAt = this.now();
    if (this.#under.size >= exchangesMax) {
      return this.unable("Too many requests of this session are under way.");
    }
    const exchange = new LiveExchange(this, path.begin(), () => {
      this.#under.delete(exchange);
      this.#usedAt = this.now();
    });
    this.#under.add(exchange);
    return exchange.answer(request);
  }

  /** Whether there is room for so many bytes of a request's body; they are given back by `free`. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > exchangesBytesMax) return false;
    this.#bytes += bytes;
    return true;
  }

  free(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** 503 in the protocol's own words: nothing was done, and nothing is recorded of it. */
  unable(message: string): Response {
    const refusal = { code: "failed", message, review: null } as const;
    const authored = this.#path?.engine.refusal(refusal, this.spec.publicUrl);
    if (authored === undefined) return new Response(null, { status: 503 });
    const headers = authored.headers.map(([name, value]): [string, string] => [name, value]);
    return new Response(authored.body, { status: authored.status, headers });
  }

  /** Throws where the journal takes nothing: then nothing may happen. */
  record(events: readonly Event[]): void {
    this.journal.append(events);
    this.#parts.recorded();
    if (this.shipping.due) this.#parts.ship();
  }

  /** Of one request. False: the session is over, or the journal does not take it. */
  note(command: number, message: string): boolean {
    if (this.#closed) return false;
    try {
      this.record([{ at: this.now(), command, fact: { kind: "note", message } }]);
      return true;
    } catch (error) {
      this.unrecorded(error);
      return false;
    }
  }

  /** In the words of the session's protocol. */
  refusal(refusal: Refusal): Authored {
    const { engine, spec } = this.#path as ExchangePath;
    return engine.refusal(refusal, spec.publicUrl);
  }

  /** What the journal could not take has not happened. */
  unrecorded(error: unknown): void {
    logFault("record", this.spec.id, error);
    this.close("journal_full", "The gateway cannot record this session any more, so it ends here.");
  }

  /** What this session's principal may still ask for. */
  get budgets(): readonly Budget[] {
    return this.#path?.policy.budgets ?? [];
  }

  adopt(applied: SessionSpec["policy"]): void {
    const path = this.#path;
    if (path === null || this.#closed) return;
    const { resource } = this.spec;
    if (JSON.stringify(resourceIn(applied, resource)) !== JSON.stringify(resource)) {
      return this.close("resource_changed", `${resource.name} is another now: ask again.`);
    }
    this.policy = applied.version;
    try {
      this.record(path.adopt(policyFor(this.env, this.spec, applied), this.now()));
    } catch (error) {
      return this.unrecorded(error);
    }
    for (const exchange of this.#under) exchange.adopted();
    this.#arm();
  }

  /** No timer is set where the end is further away than one can be. */
  #arm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const end = this.#path?.end ?? null;
    if (end === null || this.#closed) return;
    const wait = Math.min(Math.max(0, end.at - this.now()), 2 ** 31 - 1);
    this.#timer = setTimeout(() => {
      if (this.now() < end.at) return this.#arm();
      this.revoke(end.code, end.reason);
    }, wait);
  }

  revoke(code: string, reason: string): void {
    this.close(code, reason);
  }

  async settled(review: Review): Promise<void> {
    await Promise.all([...this.#under].map(({ held }) => held.settled(review)));
  }

  async recall(): Promise<void> {
    await Promise.all([...this.#under].map(({ held }) => held.recall()));
  }

  /** A secret that was set anew is used from here on: sessions of requests may live for long. */
  async freshen(): Promise<void> {
    const { sealed } = this.spec;
    const db = database(this.env);
    const now = Object.keys(sealed).map(
      async (name) => [name, (await sealedSecret(db, name)) ?? sealed[name] ?? ""] as const,
    );
    const fresh = Object.fromEntries(await Promise.all(now));
    if (Object.keys(sealed).every((name) => fresh[name] === sealed[name])) return;
    this.spec = { ...this.spec, sealed: fresh };
    this.tokens = tokensOf(this.env, this.spec);
  }

  /** Asked with each ping. */
  beat(): void {
    for (const exchange of this.#under) exchange.beat();
    const idleMs = this.now() - this.#usedAt;
    if (this.#under.size > 0 || idleMs < exchangesIdleSeconds * 1000) return;
    this.close("idle", `Nothing was asked for ${exchangesIdleSeconds / 60} minutes.`);
  }

  close(code: string, message: string): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const exchange of this.#under) exchange.revoked(message);
    const recorded = this.#recordEnd(code, message);
    this.journal.release();
    this.#begin();
    this.#parts.over(code, message, recorded);
  }

  #recordEnd(code: string, message: string): boolean {
    const now = this.now();
    const none = { commands: 0, toClientBytes: 0, toUpstreamBytes: 0 };
    const end = { at: now, command: 0, fact: { kind: "end", code, message, ...none } } as const;
    try {
      this.record(this.#path?.ended(code, message, now) ?? [end]);
      return true;
    } catch {
      return false;
    }
  }
}
