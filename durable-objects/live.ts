import type { DataPath, DataPathInput, Effect } from "../core/data-path.ts";
import type { UnixMs } from "../core/decision.ts";
import type { Event } from "../core/fact.ts";
import { bindBytesMax } from "../core/limits.ts";
import type { Review } from "../core/review/review.ts";
import type { SessionSpec, StreamSpec } from "../core/session.ts";
import { Arriving } from "./arrival.ts";
import { ClientTunnel } from "./client-tunnel.ts";
import { catalogFor } from "./catalogs.ts";
import type { ObjectsEnv } from "./env.ts";
import { logFault } from "./fault.ts";
import { grammarReady } from "./grammar.ts";
import { HeldCommand, type Heard, type Holder } from "./held-command.ts";
import type { Journal } from "./journal.ts";
import type { Live, LiveParts } from "./living.ts";
import { perform } from "./perform.ts";
import { policyFor } from "./policy.ts";
import type { Shipping } from "./shipping.ts";
import type { Upstream } from "./upstream/dial.ts";

/** Where one of these ends a session, its client is told to leave. */
const EXPELLING: ReadonlySet<DataPathInput["on"]> = new Set(["revoked", "tick", "policy"]);

/** What could not be recorded has not happened: no effect of that turn has been performed. */
class Unrecorded extends Error {}

/**
 * A session while it lives: bytes and news in, effects out. Every input is one turn: the data path
 * steps, and what it answers is performed in order before anything else happens (invariant 3).
 */
export class LiveSession implements Live, Holder {
  readonly env: ObjectsEnv;
  readonly spec: StreamSpec;
  readonly journal: Journal;
  readonly shipping: Shipping;
  readonly tunnel: ClientTunnel;
  readonly arriving: Arriving;
  upstream: Upstream | null = null;
  readonly held = new HeldCommand(this);
  commands = 0;
  /** Cancels on their way to the target. */
  cancels = 0;
  /** The version in force for this session. */
  policy: string;
  readonly #ship: LiveParts["ship"];
  readonly #recorded: LiveParts["recorded"];
  readonly #over: LiveParts["over"];
  #path: DataPath | null = null;
  /** What came before the target was reached, or while the grammar was being made again. */
  #inputs: DataPathInput[] = [];
  #stepping = false;
  /** The grammar was waited for, for the next input. */
  #prepared = false;
  #inFlight = 0;
  #lookups = 0;
  #looking: Promise<void> = Promise.resolve();
  /** The version of the last catalog that came unasked. */
  #catalog: string | null = null;
  /** The client sends nothing more; it may still read. */
  #clientEnded = false;
  /** The target has been told so. */
  #upstreamEnded = false;
  #turns = 0;
  #turnsAtPing = 0;
  /** The recording's last record is in the journal. */
  #endRecorded = false;
  /** Nothing can be recorded any more: the session only says goodbye. */
  #unrecorded = false;
  /** The client may not get another byte: it has been told to leave. */
  #expelled = false;
  #closed = false;
  #now: UnixMs = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** The instant that the timer waits for. */
  #armedFor: UnixMs | null = null;

  constructor(parts: LiveParts & { readonly spec: StreamSpec; readonly socket: WebSocket }) {
    this.env = parts.env;
    this.spec = parts.spec;
    this.journal = parts.journal;
    this.shipping = parts.shipping;
    this.#ship = parts.ship;
    this.#recorded = parts.recorded;
    this.#over = parts.over;
    this.arriving = new Arriving(parts.arrived);
    this.policy = parts.spec.policy.version;
    this.tunnel = new ClientTunnel(parts.socket, {
      data: (bytes) => this.step({ on: "bytes", from: "client", bytes }),
      end: () => {
        this.#clientEnded = true;
        this.#halfClose();
      },
      cancel: (key) => this.step({ on: "cancel", key }),
      lost: (reason) => this.step({ on: "ended", side: "client", reason }),
      delivered: (record) => {
        parts.shipping.delivered = record;
      },
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Never goes back within a session (CONTRACTS §10). */
  now(): UnixMs {
    this.#now = Math.max(this.#now, Date.now());
    return this.#now;
  }

  /**
   * From here on inputs are taken. `upstream` null: `failure` says why the target could not be
   * reached.
   */
  start(path: DataPath, upstream: Upstream | null, failure: string | null): void {
    this.#path = path;
    this.upstream = upstream;
    if (this.#closed) return upstream?.close();
    this.#inputs.unshift(
      upstream === null ? { on: "ended", side: "upstream", reason: failure } : { on: "opened" },
    );
    this.#drain();
    if (upstream !== null) void this.#pump(upstream);
  }

  /** A remark of the shell's own in the recording. */
  note(message: string): void {
    if (this.#closed) return;
    this.record([{ at: this.now(), command: 0, fact: { kind: "note", message } }]);
  }

  /** Throws an Unrecorded, but not while the session says goodbye because of one. */
  record(events: readonly Event[]): void {
    if (this.#unrecorded) return;
    try {
      this.journal.append(events);
    } catch (error) {
      logFault("record", this.spec.id, error);
      throw new Unrecorded();
    }
    for (const { fact } of events) {
      if (fact.kind === "command") this.commands++;
      if (fact.kind === "login") this.arriving.loggedIn(this.now());
      if (fact.kind === "end") this.#endRecorded = true;
    }
    this.#recorded();
  }

  step(input: DataPathInput): void {
    if (this.#closed) return;
    if (this.#path === null && input.on === "revoked") return this.close(input.code, input.reason);
    this.#inputs.push(input);
    this.#drain();
  }

  #drain(): void {
    const path = this.#path;
    if (path === null || this.#stepping) return;
    this.#stepping = true;
    try {
      while (!this.#closed && this.#inputs.length > 0) {
        const preparing = this.#prepared ? null : grammarReady();
        this.#prepared = preparing !== null;
        // Without a parser the input is taken all the same: what it says is unknown then.
        if (preparing !== null) return void preparing.catch(() => {}).then(() => this.#drain());
        this.#turn(path, this.#inputs.shift() as DataPathInput);
      }
    } catch (error) {
      if (error instanceof Unrecorded) this.#leaveUnrecorded(path);
      else this.#fail("step", error);
    } finally {
      this.#stepping = false;
    }
    this.#credit();
    this.#arm(path);
    this.#halfClose();
    if (this.shipping.due) this.#ship();
  }

  #turn(path: DataPath, input: DataPathInput): void {
    this.#turns++;
    if (input.on === "learned" && input.request !== null) this.#lookups--;
    this.#expelled = EXPELLING.has(input.on);
    const effects: readonly Effect[] = path.step(input, this.now());
    for (const effect of effects) {
      const answer = perform(effect, this);
      if (answer !== null) this.#inputs.unshift(answer);
    }
  }

  #fail(doing: string, error: unknown): void {
    logFault(doing, this.spec.id, error);
    this.close("internal", "The gateway could not go on with this session.");
  }

  /** The journal takes nothing more: nothing may happen but the goodbye, in the client's words. */
  #leaveUnrecorded(path: DataPath): void {
    this.#unrecorded = true;
    this.#inputs = [];
    const reason = "The gateway cannot record this session any more, so it ends here.";
    try {
      this.#turn(path, { on: "revoked", code: "journal_full", reason });
    } catch (error) {
      this.#fail("leave", error);
    }
    this.close("journal_full", reason);
  }

  /**
   * The client has ended in the middle of a message, and nothing moves any more.
   */
  #abandoned(): boolean {
    const still = this.#clientEnded && !this.#upstreamEnded && this.#turns === this.#turnsAtPing;
    this.#turnsAtPing = this.#turns;
    return still;
  }

  /**
   * The client has sent all that it will: once all of that is passed on, the target hears so, and
   * ends the session when it has answered. A command that waits for people has lost its asker.
   */
  #halfClose(): void {
    const path = this.#path;
    if (!this.#clientEnded || this.#closed || path === null) return;
    if (this.held.waits) {
      return this.step({ on: "ended", side: "client", reason: "The client left." });
    }
    const passedOn = path.buffered("client") === 0 && this.#inFlight === 0 && this.#lookups === 0;
    if (!passedOn || this.#upstreamEnded) return;
    this.#upstreamEnded = true;
    this.upstream?.end();
  }

  /** Reads of the target stop while the client or the journal has no room. */
  async #pump(upstream: Upstream): Promise<void> {
    try {
      while (!this.#closed) {
        await this.tunnel.room();
        await this.journal.room();
        if (this.#closed) return;
        const bytes = await upstream.read();
        if (bytes === null) break;
        if (bytes.length > 0) this.step({ on: "bytes", from: "upstream", bytes });
      }
      // What it sent before it went may wait for the catalog.
      while (this.#lookups > 0) await this.#looking;
      const side = this.#upstreamEnded ? "client" : "upstream";
      this.step({ on: "ended", side, reason: null });
    } catch (error) {
      this.step({ on: "ended", side: "upstream", reason: (error as Error).message });
    }
  }

  write(bytes: Uint8Array): void {
    const { upstream } = this;
    if (upstream === null) return;
    this.arriving.sending(this.now());
    this.#inFlight += bytes.length;
    void this.#written(upstream, bytes);
  }

  async #written(upstream: Upstream, bytes: Uint8Array): Promise<void> {
    try {
      await upstream.write(bytes);
      this.#inFlight -= bytes.length;
      this.#credit();
      this.#halfClose();
    } catch (error) {
      this.step({ on: "ended", side: "upstream", reason: (error as Error).message });
    }
  }

  /**
   * Credit for the client. One long message must come whole before it can be decided, so it gets
   * credit up to the longest; behind a hold nothing more than a window is taken (CONTRACTS §3).
   */
  #credit(): void {
    if (this.#path === null) return;
    const held = this.held.waits || this.#lookups > 0;
    const buffered = this.#path.buffered("client");
    const kept = held ? buffered : Math.max(0, buffered - bindBytesMax);
    this.tunnel.keeping(kept + this.#inFlight);
  }

  /** Asked after every turn, and the deadline hardly ever changes. */
  #arm(path: DataPath): void {
    const deadline = this.#closed ? null : path.deadline;
    if (deadline === this.#armedFor) return;
    this.#armedFor = deadline;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (deadline === null) return;
    const wait = Math.min(Math.max(0, deadline - this.now()), 2 ** 31 - 1);
    this.#timer = setTimeout(() => {
      this.#armedFor = null;
      this.step({ on: "tick" });
    }, wait);
  }

  lookUp(request: number): void {
    this.#lookups++;
    this.#looking = catalogFor(this.env, this.spec, "changed").then((catalog) =>
      this.step({ on: "learned", request, catalog }),
    );
  }

  /** What other sessions have made of the target's names. */
  async freshen(): Promise<void> {
    const catalog = await catalogFor(this.env, this.spec, "living");
    if (catalog === null || catalog.version === this.#catalog) return;
    this.#catalog = catalog.version;
    this.step({ on: "learned", request: null, catalog });
  }

  hear(heard: Heard): void {
    this.step(heard);
  }

  revoke(code: string, reason: string): void {
    this.step({ on: "revoked", code, reason });
  }

  settled(review: Review): Promise<void> {
    return this.held.settled(review);
  }

  recall(): Promise<void> {
    return this.held.recall();
  }

  beat(): void {
    const reason = !this.tunnel.ping()
      ? "The client does not answer."
      : this.#abandoned()
        ? "The client left in the middle of a message."
        : null;
    if (reason !== null) this.step({ on: "ended", side: "client", reason });
  }

  adopt(applied: SessionSpec["policy"]): void {
    if (this.spec.literalTexts !== null) return;
    this.policy = applied.version;
    this.step({ on: "policy", policy: policyFor(this.env, this.spec, applied) });
  }

  /** Both ends. The data path has recorded the end, unless it never began or has failed. */
  close(code: string, message: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.arriving.ended(code, message, this.now());
    if (!this.#endRecorded) this.#recordEnd(code, message);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.held.withdraw();
    this.tunnel.close(code, message, this.#expelled ? "at once" : "drained");
    this.upstream?.close();
    this.journal.release();
    this.#over(code, message, this.#endRecorded);
  }

  #recordEnd(code: string, message: string): void {
    const counts = { commands: this.commands, toClientBytes: null, toUpstreamBytes: null };
    const fact = { kind: "end", code, message, ...counts } as const;
    try {
      this.record([{ at: this.now(), command: 0, fact }]);
    } catch {
      // Written with the next alarm, if the journal can be written then.
    }
  }
}
