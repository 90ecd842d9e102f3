import { commandEvents, hexDigest, LEFT, settledFact } from "./account.ts";
import { utf8 } from "./bytes.ts";
import { cutReason, isPassedOn, NO_CODE } from "./close-code.ts";
import type { Command, CommandId } from "./command.ts";
import type { Budget, Settled, UnixMs } from "./decision.ts";
import type { Message, ResponseHead, SocketEngine } from "./exchange.ts";
import type { ExchangeEffect, ExchangePath } from "./exchange-path.ts";
import type { Event, Fact } from "./fact.ts";
import {
  exchangesIdleSeconds,
  heldBytesMax,
  socketMessageBytesMax,
  socketSentBytesMax,
  socketsUnreadBytesMax,
  socketUnreadBytesMax,
  socketWaitingMax,
} from "./limits.ts";
import { Tally } from "./tally.ts";

/*
 * A WebSocket (RFC 6455) between a client and a service, message by message: each of the client's
 * is a command of its own (describe → decide → append → deliver), each of the service's is masked
 * whole, appended and then sent. Whatever is not allowed ends the socket, for there is no other way
 * to say no that every client understands.
 */

export type Side = "client" | "service";

export type SocketInput =
  | { readonly on: "message"; readonly from: Side; readonly message: Message }
  | { readonly on: "settled"; readonly decision: Settled }
  /** 1005: without a code; 1006: broken off (RFC 6455 section 7.4.1). */
  | { readonly on: "closed"; readonly from: Side; readonly code: number; readonly reason: string }
  /** A budget is used up: the client's message is not looked at. */
  | { readonly on: "over"; readonly budget: Budget }
  /** Nobody has said anything for long: who knows whether anybody is there. */
  | { readonly on: "idle" }
  /** Messages come faster than they can be recorded or counted. */
  | { readonly on: "behind" };

export type SocketEffect =
  | Extract<ExchangeEffect, { readonly do: "append" | "ask" | "withdraw" | "finish" }>
  | { readonly do: "deliver"; readonly to: Side; readonly message: Message }
  /** `code` null: the close says nothing. */
  | {
      readonly do: "close";
      readonly to: Side;
      readonly code: number | null;
      readonly reason: string;
    };

type Held = { readonly command: Command; readonly message: Message };
type Close = { readonly code: number | null; readonly reason: string };

const [GOING_AWAY, POLICY, TOO_BIG, BROKEN, LATER] = [1001, 1008, 1009, 1011, 1013];

/** One WebSocket, from the service's 101 on. */
export class SocketExchange {
  /** Of the command that opened it: what the service says is recorded under it. */
  readonly id: CommandId;
  readonly #path: ExchangePath;
  readonly #engine: SocketEngine;
  readonly #tally = new Tally();
  readonly #unread: Record<Side, number> = { client: 0, service: 0 };
  readonly #sent: Record<Side, number> = { client: 0, service: 0 };
  #held: Held | null = null;
  #waiting: Message[] = [];
  #waitingBytes = 0;
  #over = false;
  #events: Event[] = [];
  #effects: SocketEffect[] = [];
  #now: UnixMs = 0;

  constructor(path: ExchangePath, id: CommandId, engine: SocketEngine) {
    this.#path = path;
    this.id = id;
    this.#engine = engine;
  }

  /** How the client is told that it is open. */
  get head(): ResponseHead {
    return this.#engine.head;
  }

  step(input: SocketInput, now: UnixMs): readonly SocketEffect[] {
    this.#now = now;
    if (input.on === "message" || input.on === "closed") this.#heard(input.from);
    if (!this.#over) this.#take(input);
    return this.#flush();
  }

  /** A new policy version: a held message is decided again; later ones are masked by it. */
  adopted(now: UnixMs): readonly SocketEffect[] {
    this.#now = now;
    const held = this.#held;
    if (held !== null) {
      this.#effects.push({ do: "withdraw" });
      this.#held = null;
      this.#decide(held);
      this.#goOn();
    }
    return this.#flush();
  }

  /** The session is over. */
  revoked(reason: string, now: UnixMs): readonly SocketEffect[] {
    this.#now = now;
    if (!this.#over) this.#refuse(POLICY, reason);
    return this.#flush();
  }

  #take(input: SocketInput): void {
    switch (input.on) {
      case "message":
        if (sizeOf(input.message) > socketMessageBytesMax) {
          return this.#refuse(TOO_BIG, `A message of the ${input.from} is too large.`);
        }
        return input.from === "client" ? this.#ask(input.message) : this.#show(input.message);
      case "settled":
        return this.#settle(input.decision);
      case "closed":
        return this.#close(input.from, input.code, input.reason);
      case "behind":
        return this.#refuse(LATER, "Messages come faster than they can be taken.");
      case "idle":
        return this.#refuse(
          GOING_AWAY,
          `Nothing was said for ${exchangesIdleSeconds / 60} minutes.`,
        );
      case "over":
        return this.#refuse(LATER, input.budget.message);
    }
  }

  /** Of the client. Behind one that is held the others wait, in their order. */
  #ask(message: Message): void {
    if (this.#held === null) return this.#describe(message);
    this.#waitingBytes += sizeOf(message);
    if (this.#waitingBytes > heldBytesMax || this.#waiting.length >= socketWaitingMax) {
      return this.#refuse(LATER, "Too much was sent behind a message that waits for approval.");
    }
    this.#waiting.push(message);
  }

  #describe(message: Message): void {
    const id = ++this.#path.count.commands;
    const described = this.#engine.describe(id, message);
    if ("refuse" in described) {
      const { message: why } = described.refuse;
      this.#note({ kind: "note", message: `Refused unread: ${why}`, opening: this.id }, id);
      return this.#refuse(POLICY, why);
    }
    const { masked } = described;
    if (masked.length > 0) {
      this.#note({ kind: "note", message: `Masked on its way in by ${masked.join(", ")}.` }, id);
    }
    this.#decide(described);
  }

  #decide(asked: Held): void {
    const { command } = asked;
    const { policy, digestHead, crypto } = this.#path;
    const decision = policy.decide(command, this.#now);
    const digest = hexDigest(command, digestHead, crypto);
    this.#events.push(...commandEvents(command, decision, digest, policy, this.#now, this.id));
    if (decision.verdict === "allow") return this.#deliver(asked);
    if (decision.verdict === "block") return this.#refuse(POLICY, decision.message);
    this.#held = asked;
    this.#effects.push({ do: "ask", command, digest, decision, parameters: [], masked: [] });
  }

  #settle(decision: Settled): void {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    this.#note(settledFact(decision), held.command.id);
    if (decision.verdict !== "run") return this.#refuse(POLICY, decision.message);
    this.#deliver(held);
    this.#goOn();
  }

  #goOn(): void {
    while (this.#held === null && !this.#over) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#waitingBytes -= sizeOf(next);
      this.#describe(next);
    }
  }

  #deliver({ command, message }: Held): void {
    const bytes = sizeOf(message);
    if (!this.#reserve("service", bytes)) {
      return this.#refuse(
        LATER,
        "More was sent than the service is known to have read. Connect again.",
      );
    }
    this.#path.count.upstream += bytes;
    this.#note({ kind: "completed", tag: "sent", rows: 0, masked: [], findings: [] }, command.id);
    this.#effects.push({ do: "deliver", to: "service", message });
  }

  /** Of the service. */
  #show(message: Message): void {
    const shown = this.#engine.shown(message);
    if ("refuse" in shown) {
      this.#note({ kind: "failed", sqlstate: "502", from: "sluice" });
      return this.#refuse(POLICY, shown.refuse.message);
    }
    const bytes = bytesOf(shown.message);
    if (!this.#reserve("client", bytes.length)) {
      return this.#refuse(LATER, "More was sent than you are known to have read. Connect again.");
    }
    for (const { rule, cells } of shown.masked) this.#tally.mask(rule, cells);
    this.#tally.found(shown.findings);
    this.#path.count.client += bytes.length;
    if (this.#path.policy.recording === "full") this.#note({ kind: "toClient", bytes });
    this.#effects.push({ do: "deliver", to: "client", message: shown.message });
  }

  /**
   * False: there may be no room for it. Nobody says what was read, so an end counts as having read
   * all that it was sent when it says something itself.
   */
  #reserve(to: Side, bytes: number): boolean {
    const { unread } = this.#path;
    const isOver =
      this.#unread[to] + bytes > socketUnreadBytesMax ||
      this.#sent[to] + bytes > socketSentBytesMax ||
      unread.bytes + bytes > socketsUnreadBytesMax;
    if (isOver) return false;
    this.#unread[to] += bytes;
    this.#sent[to] += bytes;
    unread.bytes += bytes;
    return true;
  }

  #heard(from: Side): void {
    this.#path.unread.bytes -= this.#unread[from];
    this.#unread[from] = 0;
  }

  /** One end has closed: the other hears its code and its reason. */
  #close(from: Side, code: number, reason: string): void {
    this.#letGo(from === "client" ? LEFT : SERVICE_LEFT);
    const named = code === NO_CODE ? "" : ` with ${code}`;
    this.#note({ kind: "note", message: `The ${from} closed the WebSocket${named}.` });
    const isBroken = from === "service" && code !== NO_CODE && !isPassedOn(code);
    if (isBroken) this.#note({ kind: "failed", sqlstate: "502", from: "upstream" });
    const said = this.#said(from, code, reason);
    const closes =
      from === "client" ? { client: NOTHING, service: said } : { client: said, service: NOTHING };
    this.#end(`closed${named}`, closes);
  }

  #said(from: Side, code: number, reason: string): Close {
    if (code === NO_CODE) return NOTHING;
    if (!isPassedOn(code)) {
      return from === "client"
        ? { code: GOING_AWAY, reason: "" }
        : { code: BROKEN, reason: "The service broke off." };
    }
    if (from === "client") return { code, reason };
    const shown = this.#engine.shown(reason);
    return { code, reason: "message" in shown ? String(shown.message) : "" };
  }

  /** The client hears why; the service, that nobody is there any more. */
  #refuse(code: number, reason: string): void {
    this.#letGo({ ...LEFT, message: reason });
    this.#note({ kind: "note", message: reason });
    const client = { code, reason };
    this.#end(`closed with ${code}`, { client, service: { code: GOING_AWAY, reason: "" } });
  }

  /** A message that is held is asked about no more. */
  #letGo(why: Settled): void {
    const held = this.#held;
    this.#held = null;
    this.#waiting = [];
    if (held === null) return;
    this.#effects.push({ do: "withdraw" });
    this.#note(settledFact(why), held.command.id);
  }

  #end(tag: string, closes: Readonly<Record<Side, Close>>): void {
    this.#over = true;
    this.#note({ kind: "completed", tag, rows: 0, ...this.#tally.take() });
    for (const to of ["client", "service"] as const) {
      const { code, reason } = closes[to];
      this.#effects.push({ do: "close", to, code, reason: cutReason(reason) });
    }
    this.#effects.push({ do: "finish" });
  }

  #note(fact: Fact, command: CommandId = this.id): void {
    this.#events.push({ at: this.#now, command, fact });
  }

  /** One append, then everything that it accounts for. */
  #flush(): readonly SocketEffect[] {
    const effects = this.#effects;
    const events = this.#events;
    this.#effects = [];
    this.#events = [];
    return events.length === 0 ? effects : [{ do: "append", events }, ...effects];
  }
}

const NOTHING: Close = { code: null, reason: "" };

const SERVICE_LEFT = { ...LEFT, message: "The service closed the WebSocket." } as const;

export const bytesOf = (message: Message): Uint8Array =>
  typeof message === "string" ? utf8(message) : message;

const sizeOf = (message: Message): number => bytesOf(message).length;
