import { concat } from "../../core/bytes.ts";
import type { UnixMs } from "../../core/decision.ts";
import {
  type Authored,
  type Coding,
  type ExchangeInput,
  hasNoBody,
  type Outgoing,
  type OwnHost,
  type Refusal,
  type ResponseHead,
} from "../../core/exchange.ts";
import { ConfigError } from "../../core/errors.ts";
import type { Exchange, ExchangeEffect } from "../../core/exchange-path.ts";
import { socketCloseSeconds, wholeAnswerBytesMax } from "../../core/limits.ts";
import { OVERRIDDEN, watchOf } from "../../core/protocols/http/streamed-form.ts";
import type { ExchangeSpec } from "../../core/session.ts";
import type { SocketExchange } from "../../core/socket-path.ts";
import { SealError } from "../../store/seal.ts";
import type { Overdrawn } from "../caller.ts";
import { callerOf, type ObjectsEnv } from "../env.ts";
import { HeldCommand, type Heard, type Holder } from "../held-command.ts";
import { requestOf } from "../upstream/http.ts";
import { Unreachable } from "../upstream/reach.ts";
import { decoded } from "./coding.ts";
import { Hidings } from "./hiding.ts";
import { type Held, Later, type Taker } from "./later.ts";
import { lengthOf, pieces, readWhole } from "./reading.ts";
import type { LiveExchanges } from "./live.ts";
import { Outlet } from "./outlet.ts";
import { Patience } from "./patience.ts";
import { LiveSocket } from "./socket.ts";
import { streamedBody } from "./streamed.ts";

/** What the worker says of a request, by a header that no client can send. */
export type Enclosed = {
  /** From the resource's own root on, as it was sent. */
  readonly target: string;
  /** The body is larger than is held: it streams. */
  readonly streams: boolean;
  /** It came to the resource's own host; null: below `/http/`. */
  readonly ownHost: OwnHost | null;
  /** Seconds after which the client would rather come again; null: it waits (RFC 7240). */
  readonly laterSeconds: number | null;
};

/** One request on its way: the exchange's effects, performed in order. */
export class LiveExchange implements Holder, Held {
  readonly held: HeldCommand;
  readonly #session: LiveExchanges;
  readonly #exchange: Exchange;
  readonly #over: () => void;
  readonly #gone = new AbortController();
  /** With the service, until its answer begins. */
  readonly #patience: Patience;
  #request: Request | null = null;
  #respond: Taker = () => {};
  #later: Later | null = null;
  #outlet: Outlet | null = null;
  #coding: Coding | null = null;
  /** The service's end of a WebSocket, until it is joined. */
  #offered: WebSocket | null = null;
  #joined: LiveSocket | null = null;
  /** Of the service's credential: nothing of it comes back in an answer. */
  #secrets: readonly string[] = [];
  /** The body of an answer that begins and ends in the turn at hand: nothing of it streams. */
  #whole: Uint8Array | null = null;
  /** All that the service had to say has been read. */
  #heard = false;
  #ended = false;
  #sent = 0;
  /** Of the request's body. */
  #taken = 0;

  constructor(session: LiveExchanges, exchange: Exchange, over: () => void) {
    this.#session = session;
    this.#exchange = exchange;
    this.#over = over;
    this.held = new HeldCommand(this);
    const { host, timeoutSeconds } = session.spec.resource;
    const within = timeoutSeconds === 1 ? "a second" : `${timeoutSeconds} seconds`;
    const message = `${host} did not answer within ${within}.`;
    this.#patience = new Patience(timeoutSeconds, () =>
      this.#step({ on: "failed", message, code: "timeout" }),
    );
  }

  get env(): ObjectsEnv {
    return this.#session.env;
  }

  get spec(): ExchangeSpec {
    return this.#session.spec;
  }

  now(): UnixMs {
    return this.#session.now();
  }

  async answer(request: Request): Promise<Response> {
    const { target, streams, ownHost, laterSeconds } = JSON.parse(
      request.headers.get("sluice-exchange") ?? "",
    ) as Enclosed;
    this.#request = request;
    if (laterSeconds !== null) this.#later = new Later(this, this.#session.results, laterSeconds);
    const answered = new Promise<Response>((resolve) => {
      this.#respond = (answer) => resolve(answer ?? new Response(null, { status: 499 }));
    });
    request.signal.addEventListener("abort", () => {
      if (this.#later?.promised !== true) this.leave();
    });
    const headers = [...request.headers].filter(([name]) => name !== "sluice-exchange");
    const head = { method: request.method, target, headers, ownHost };
    try {
      const body = streams ? null : new Uint8Array(await request.arrayBuffer());
      if (this.#ended) return await answered;
      if (!this.#session.take(body?.length ?? 0)) {
        this.#end();
        return this.#session.unable("Too much of this session is under way.");
      }
      this.#taken = body?.length ?? 0;
      const over = await this.#overdrawn();
      if (over !== null) this.#step({ on: "over", ...over });
      else this.#step({ on: "request", head, body });
    } catch {
      this.#step({ on: "failed", message: "The gateway could not read this request." });
    }
    return answered;
  }

  /** The principal's budgets are kept in one place, whichever session she asks by. */
  async #overdrawn(): Promise<Overdrawn | null> {
    const { budgets } = this.#session;
    return budgets.length === 0 ? null : callerOf(this.env, this.spec).spend(budgets);
  }

  hear(heard: Heard): void {
    if (heard.on === "asked") return void this.#later?.asked(heard);
    const settled = { on: "settled", decision: heard.decision } as const;
    if (this.#joined === null) this.#step(settled);
    else this.#joined.step(settled);
  }

  beat(): void {
    this.#joined?.beat();
  }

  get waits(): boolean {
    return this.held.waits;
  }

  divert(take: Taker): Taker {
    const before = this.#respond;
    this.#respond = take;
    return before;
  }

  leave(): void {
    this.#step({ on: "left" });
  }

  note(message: string): boolean {
    return this.#session.note(this.#exchange.id, message);
  }

  refusal(refusal: Refusal): Authored {
    return this.#session.refusal(refusal);
  }

  adopted(): void {
    if (this.#joined !== null) return this.#joined.adopted();
    this.#perform(() => this.#exchange.adopted(this.now()));
  }

  revoked(reason: string): void {
    if (this.#joined !== null) return this.#joined.revoked(reason);
    this.#perform(() => this.#exchange.revoked(reason, this.now()));
  }

  #step(...inputs: readonly ExchangeInput[]): void {
    this.#perform(() => this.#exchange.steps(inputs, this.now()));
  }

  #perform(turn: () => readonly ExchangeEffect[]): void {
    if (this.#ended) return;
    try {
      const effects = turn();
      this.#whole = wholeOf(effects);
      for (const effect of effects) this.#do(effect);
    } catch (error) {
      this.#end();
      this.#outlet?.break("The gateway failed.");
      this.#respond(
        this.#session.unable("The gateway cannot record this, and lets nothing through."),
      );
      this.#session.unrecorded(error);
    }
  }

  #do(effect: ExchangeEffect): void {
    switch (effect.do) {
      case "append":
        return this.#session.record(effect.events);
      case "forward":
        return void this.#forward(effect.outgoing);
      case "ask":
        return void this.held.ask(effect);
      case "withdraw":
        return this.held.withdraw();
      case "respond":
        return this.#begin(effect.head, effect.coding);
      case "join":
        return this.#join(effect.socket);
      case "send":
        this.#sent += effect.bytes.length;
        return this.#outlet?.send(effect.bytes);
      case "finish":
        this.#outlet?.finish();
        return this.#end();
      case "break":
        this.#outlet?.break(effect.reason);
        if (this.#outlet === null) this.#respond(null);
        return this.#end();
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#patience.end();
    // The service may still say goodbye; what it does not read is not kept for it for long.
    if (this.#joined !== null) setTimeout(() => this.#gone.abort(), socketCloseSeconds * 1000);
    else if (!this.#heard) this.#gone.abort();
    this.#session.free(this.#taken);
    this.#count();
    this.#over();
  }

  /** The bytes that were sent since the last time. */
  #count(): void {
    const counted = this.#session.budgets.filter(({ bytes }) => bytes !== null);
    const sent = this.#sent;
    this.#sent = 0;
    if (counted.length === 0) return;
    void callerOf(this.env, this.spec)
      .spent(counted, sent)
      .catch(() => {});
  }

  /** The service has agreed: its end and a new one of the client's are one WebSocket from here. */
  #join(socket: SocketExchange): void {
    const [client, own] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    const service = this.#offered as WebSocket;
    this.#offered = null;
    this.#joined = new LiveSocket({
      session: this.#session,
      held: this.held,
      socket,
      ends: { client: own, service },
      sent: (bytes) => {
        this.#sent += bytes;
      },
      overdrawn: () => {
        this.#count();
        return this.#overdrawn();
      },
      over: () => this.#end(),
    });
    const headers = new Headers(socket.head.headers.map(([name, value]) => [name, value]));
    headers.set("sluice-session", this.spec.id);
    this.#respond(new Response(null, { status: 101, webSocket: client, headers }));
  }

  #begin({ status, headers }: ResponseHead, coding: Coding | null): void {
    const length = headers.find(([name]) => name === "content-length")?.[1] ?? null;
    const none = hasNoBody(this.#request?.method ?? "", status);
    // Its own length is told of what passes as it came, and of our own words, alone.
    const whole = none || length === null ? null : this.#whole;
    if (!none && whole === null) {
      const left = () => this.leave();
      this.#outlet = new Outlet(coding, length === null ? null : Number(length), left);
    }
    this.#coding = coding;
    const all = new Headers(headers.map(([name, value]) => [name, value]));
    if (coding !== null) all.set("content-encoding", coding);
    all.set("sluice-session", this.spec.id);
    const body = this.#outlet?.readable ?? whole;
    this.#respond(new Response(body, { status, headers: all, encodeBody: "manual" }));
  }

  async #forward(outgoing: Outgoing): Promise<void> {
    try {
      const body = outgoing.body ?? this.#streamed(outgoing);
      const whole = body instanceof Uint8Array && body.length === 0 ? null : body;
      const from = Date.now();
      this.#patience.begin();
      const response = await requestOf(this.env, this.spec, outgoing, {
        body: whole,
        tokens: this.#session.tokens,
        signal: this.#gone.signal,
        hides: (secrets) => {
          this.#secrets = secrets;
        },
      });
      this.#patience.end();
      this.#session.arriving.dialled(Date.now() - from);
      this.#session.arriving.loggedIn(this.now());
      await this.#receive(response);
    } catch (error) {
      this.#step({ on: "failed", message: wordsOf(error) });
    }
  }

  async #receive(response: Response): Promise<void> {
    const { status, body } = response;
    const head = { on: "response", head: { status, headers: [...response.headers] } } as const;
    this.#offered = response.webSocket;
    if (this.#offered !== null) {
      this.#step(head);
      if (this.#joined !== null) return;
      turnAway(this.#offered);
      return this.#step(ENDED);
    }
    if (body === null) {
      this.#heard = true;
      return this.#step(head, ENDED);
    }
    const length = lengthOf(response);
    if (length === null || length > wholeAnswerBytesMax) return this.#pass(head, body, length);
    const bytes = new Hidings(this.#secrets).end(await readWhole(body, length));
    this.#heard = true;
    await this.#session.journal.room();
    this.#step(head, ...bytesOf(bytes), ENDED);
  }

  /** Where bytes are sure to follow, the head goes with the first of them. */
  async #pass(head: ExchangeInput, body: ReadableStream, length: number | null): Promise<void> {
    let first = [head];
    if (length === null) {
      this.#step(head);
      if (this.#ended) return;
      first = [];
    }
    const raw = pieces(body, this.#gone.signal, length ?? 0);
    const content = this.#coding === null ? raw : decoded(this.#coding, raw);
    const hides = new Hidings(this.#secrets);
    let left = length;
    for await (const piece of content) {
      await this.#session.journal.room();
      if (left !== null) left -= piece.length;
      // All that was told has come: its end is written down with it.
      this.#heard = left === 0;
      const bytes = this.#heard ? hides.end(piece) : hides.push(piece);
      this.#step(...first, ...bytesOf(bytes), ...(this.#heard ? [ENDED] : []));
      if (this.#ended && !this.#heard) return;
      first = [];
      await this.#outlet?.room();
    }
    this.#step(...first, ...bytesOf(hides.end()), ENDED);
  }

  #streamed(outgoing: Outgoing): ReadableStream | null {
    return streamedBody(this.#request as Request, watchOf(outgoing), {
      refused: () => this.#step({ on: "failed", message: OVERRIDDEN }),
      passed: () => this.#patience.again(),
      over: (bytes, sha256) => this.#step({ on: "streamed", bytes, sha256 }),
    });
  }
}

/** What is not said for people may tell of what nobody should read. */
const wordsOf = (error: unknown): string =>
  [Unreachable, SealError, ConfigError].some((kind) => error instanceof kind)
    ? (error as Error).message
    : "The service's answer broke off, or is not coded as it says.";

/** What the service offered is not taken. */
function turnAway(socket: WebSocket): void {
  socket.accept();
  socket.close(1001);
}

const ENDED = { on: "ended" } as const;

const bytesOf = (bytes: Uint8Array): readonly ExchangeInput[] =>
  bytes.length > 0 ? [{ on: "bytes", bytes }] : [];

/** What a turn sends, where its answer begins and ends in it; null: it goes on, or is coded. */
function wholeOf(effects: readonly ExchangeEffect[]): Uint8Array | null {
  if (effects.at(-1)?.do !== "finish") return null;
  if (!effects.some((effect) => effect.do === "respond" && effect.coding === null)) return null;
  const sent = effects.flatMap((effect) => (effect.do === "send" ? [effect.bytes] : []));
  return sent.length === 1 ? (sent[0] as Uint8Array) : concat(sent);
}
