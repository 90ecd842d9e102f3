import {
  commandEvents,
  digestHead,
  type End,
  endOf,
  hexDigest,
  LEFT,
  openedFact,
  settledFact,
  withoutCookie,
} from "./account.ts";
import { EMPTY } from "./bytes.ts";
import type { Command, CommandId } from "./command.ts";
import type { Crypto } from "./crypto.ts";
import type { Budget, Decision, Policy, Settled, UnixMs } from "./decision.ts";
import type {
  Answer,
  Authored,
  Coding,
  ExchangeEngine,
  ExchangeInput,
  Outgoing,
  Refusal,
  RequestHead,
  ResponseHead,
} from "./exchange.ts";
import type { Event, Fact } from "./fact.ts";
import { maskedAmong, type ShownParameter } from "./review/bound.ts";
import type { SessionSpec } from "./session.ts";
import { SocketExchange } from "./socket-path.ts";

/*
 * The order for requests and responses, as core/data-path.ts is for streams: describe → decide →
 * append → forward → mask → append → send. A session has many exchanges at once; each is a command,
 * and none waits for another.
 */

/** What the shell performs of one exchange, in this order, within the turn (invariant 3). */
export type ExchangeEffect =
  | { readonly do: "append"; readonly events: readonly Event[] }
  | { readonly do: "forward"; readonly outgoing: Outgoing }
  | {
      readonly do: "ask";
      readonly command: Command;
      readonly digest: string;
      readonly decision: Extract<Decision, { verdict: "review" }>;
      readonly parameters: readonly ShownParameter[];
      readonly masked: readonly string[];
    }
  | { readonly do: "withdraw" }
  /** The answer begins. `coding`: taken off what comes, and put on what is sent. */
  | { readonly do: "respond"; readonly head: ResponseHead; readonly coding: Coding | null }
  /** The service has switched to a WebSocket: from here on its messages are exchanged. */
  | { readonly do: "join"; readonly socket: SocketExchange }
  | { readonly do: "send"; readonly bytes: Uint8Array }
  /** All was sent. */
  | { readonly do: "finish" }
  /** The client must not take what it has for the whole; the service hears that nobody listens. */
  | { readonly do: "break"; readonly reason: string };

export type ExchangePathParts = {
  readonly spec: SessionSpec;
  readonly engine: ExchangeEngine;
  readonly policy: Policy;
  readonly crypto: Crypto;
};

/** What has come of one exchange. */
type Stage =
  | { readonly is: "new" | "over" }
  | { readonly is: "held"; readonly outgoing: Outgoing }
  | { readonly is: "sent"; readonly outgoing: Outgoing }
  | { readonly is: "answering"; readonly answer: Answer };

type Count = { commands: number; client: number; upstream: number };

/** One session's exchanges. */
export class ExchangePath {
  readonly spec: SessionSpec;
  readonly engine: ExchangeEngine;
  readonly crypto: Crypto;
  readonly count: Count = { commands: 0, client: 0, upstream: 0 };
  /** Bytes sent on WebSockets that nobody is known to have read (core/socket-path.ts). */
  readonly unread = { bytes: 0 };
  #policy: Policy;
  #digestHead: Uint8Array;

  constructor(parts: ExchangePathParts) {
    this.spec = parts.spec;
    this.engine = parts.engine;
    this.crypto = parts.crypto;
    this.#policy = parts.policy;
    this.#digestHead = digestHead(parts.spec, parts.policy.version);
  }

  get policy(): Policy {
    return this.#policy;
  }

  get digestHead(): Uint8Array {
    return this.#digestHead;
  }

  /** When the session is over by itself, or null. */
  get end(): End | null {
    return endOf(this.#policy, this.spec);
  }

  /** The session's first record; before any exchange. */
  opened(now: UnixMs): readonly Event[] {
    return [{ at: now, command: 0, fact: openedFact(this.spec, this.#policy) }];
  }

  begin(): Exchange {
    return new Exchange(this, ++this.count.commands);
  }

  /** The session's part of a new version; then each exchange `adopted`s it. */
  adopt(policy: Policy, now: UnixMs): readonly Event[] {
    this.#policy = policy;
    this.#digestHead = digestHead(this.spec, policy.version);
    this.engine.adopt(policy.masker);
    return [{ at: now, command: 0, fact: { kind: "policy", version: policy.version } }];
  }

  /** The session's last record; after each exchange was `revoked`. */
  ended(code: string, message: string, now: UnixMs): readonly Event[] {
    const { commands, client, upstream } = this.count;
    const counts = { commands, toClientBytes: client, toUpstreamBytes: upstream };
    return [{ at: now, command: 0, fact: { kind: "end", code, message, ...counts } }];
  }
}

/** One request and its answer. */
export class Exchange {
  readonly id: CommandId;
  readonly #path: ExchangePath;
  #stage: Stage = { is: "new" };
  #events: Event[] = [];
  #effects: ExchangeEffect[] = [];
  #now: UnixMs = 0;
  #received = 0;
  #asked: { readonly head: RequestHead; readonly body: Uint8Array | null } | null = null;

  constructor(path: ExchangePath, id: CommandId) {
    this.#path = path;
    this.id = id;
  }

  step(input: ExchangeInput, now: UnixMs): readonly ExchangeEffect[] {
    return this.steps([input], now);
  }

  /** What comes together is written down together: one append for all of it. */
  steps(inputs: readonly ExchangeInput[], now: UnixMs): readonly ExchangeEffect[] {
    this.#now = now;
    for (const input of inputs) if (this.#stage.is !== "over") this.#take(input);
    return this.#flush();
  }

  /** A new policy version: a held command is read and decided again (CONTRACTS §3). */
  adopted(now: UnixMs): readonly ExchangeEffect[] {
    this.#now = now;
    const stage = this.#stage;
    if (stage.is === "held" && this.#asked !== null) {
      this.#effects.push({ do: "withdraw" });
      this.#describe(this.#asked.head, this.#asked.body);
    } else if (stage.is === "answering" && stage.answer.rules !== this.#path.policy.masker.rules) {
      this.#break("The policy has changed: ask again.");
    }
    return this.#flush();
  }

  /** The session is over. */
  revoked(reason: string, now: UnixMs): readonly ExchangeEffect[] {
    this.#now = now;
    const { is } = this.#stage;
    if (is === "held") this.#letGo(reason);
    if (is === "answering") this.#break(reason);
    else if (is !== "over") this.#refuse({ code: "ended", message: reason, review: null });
    return this.#flush();
  }

  #take(input: ExchangeInput): void {
    switch (input.on) {
      case "request":
        return this.#describe(input.head, input.body);
      case "over":
        return this.#overdrawn(input.budget, input.retryAfterSeconds);
      case "settled":
        return this.#settle(input.decision);
      case "streamed":
        this.#path.count.upstream += input.bytes;
        return this.#note({ kind: "copyIn", bytes: input.bytes, rows: 0, sha256: input.sha256 });
      case "response":
        return this.#respond(input.head);
      case "bytes":
        return this.#pass(input.bytes);
      case "ended":
        return this.#complete();
      case "failed":
        return this.#fail(input.message, input.code);
      case "left":
        return this.#leave();
    }
  }

  #describe(head: RequestHead, body: Uint8Array | null): void {
    this.#asked = { head, body };
    const described = this.#path.engine.describe(this.id, head, body);
    if ("refuse" in described) {
      const { message } = described.refuse;
      if (this.#stage.is === "held") this.#note(settledFact({ ...LEFT, message }));
      this.#note({ kind: "note", message: `Refused unread: ${message}` });
      return this.#refuse(described.refuse);
    }
    const { command, outgoing, masked } = described;
    if (masked.length > 0) {
      this.#note({ kind: "note", message: `Masked on its way in by ${masked.join(", ")}.` });
    }
    this.#decide(command, outgoing);
  }

  #overdrawn({ id, message }: Budget, retryAfterSeconds: number): void {
    this.#note({ kind: "note", message: `Refused unread: the budget ${id} is used up.` });
    this.#refuse({ code: "too_many", message, review: null, retryAfterSeconds });
  }

  #decide(command: Command, outgoing: Outgoing): void {
    const { policy, digestHead: head, crypto } = this.#path;
    const decision = policy.decide(command, this.#now);
    const digest = hexDigest(command, head, crypto);
    this.#events.push(...commandEvents(command, decision, digest, policy, this.#now));
    if (decision.verdict === "allow") return this.#forward(outgoing);
    if (decision.verdict === "block") {
      return this.#refuse({ code: "blocked", message: decision.message, review: null });
    }
    if (outgoing.body === null) {
      const message = "This would wait for approval, and its body is too large to be held.";
      this.#note(settledFact({ verdict: "refuse", code: "failed", review: null, message }));
      return this.#refuse({ code: "too_large", message, review: null });
    }
    this.#stage = { is: "held", outgoing };
    const masked = maskedAmong(command.columns, policy.masker);
    this.#effects.push({ do: "ask", command, digest, decision, parameters: [], masked });
  }

  #settle(decision: Settled): void {
    const stage = this.#stage;
    if (stage.is !== "held") return;
    this.#note(settledFact(decision));
    if (decision.verdict === "run") return this.#forward(stage.outgoing);
    this.#refuse(decision);
  }

  #forward(outgoing: Outgoing): void {
    this.#stage = { is: "sent", outgoing };
    this.#asked = null;
    this.#path.count.upstream += outgoing.body?.length ?? 0;
    this.#effects.push({ do: "forward", outgoing });
  }

  #respond(head: ResponseHead): void {
    const stage = this.#stage;
    if (stage.is !== "sent") return;
    if (head.status === 101) return this.#join(stage.outgoing, head);
    const answer = this.#path.engine.response(stage.outgoing, head);
    if ("refuse" in answer) return this.#refuse(answer.refuse);
    this.#stage = { is: "answering", answer };
    const coding = answer.body === "pass" ? null : answer.coding;
    this.#noteHead(answer.head, answer.body === "pass" ? answer.coding : null);
    this.#effects.push({ do: "respond", head: answer.head, coding });
    if (answer.length === 0) this.#complete();
  }

  #join(outgoing: Outgoing, head: ResponseHead): void {
    const engine = this.#path.engine.socket(outgoing, head);
    if ("wrong" in engine) return this.#fail(engine.wrong);
    this.#noteHead(engine.head, null);
    this.#effects.push({ do: "join", socket: new SocketExchange(this.#path, this.id, engine) });
    this.#end();
  }

  #pass(bytes: Uint8Array): void {
    const stage = this.#stage;
    if (stage.is !== "answering") return;
    const { body, length } = stage.answer;
    const shown = body === "pass" ? bytes : body.push(bytes);
    if (shown === null) return this.#unreadable();
    this.#send(shown);
    this.#received += bytes.length;
    if (body === "pass" && this.#received === length) this.#complete();
  }

  #complete(): void {
    const stage = this.#stage;
    if (stage.is !== "answering") {
      return this.#fail("The service's answer ended before it began.");
    }
    const { body, head, length } = stage.answer;
    if (body === "pass" && length !== null && this.#received < length) {
      return this.#fail("The service broke off.");
    }
    // In nothing there is nothing to mask, whatever its type says that it is.
    const rest = body === "pass" || this.#received === 0 ? EMPTY : body.finish();
    if (rest === null) return this.#unreadable();
    this.#send(rest);
    this.#account(String(head.status), body);
    this.#effects.push({ do: "finish" });
    this.#end();
  }

  #account(tag: string, body: Answer["body"]): void {
    const { masked, findings } = body === "pass" ? { masked: [], findings: [] } : body.tally.take();
    this.#note({ kind: "completed", tag, rows: 0, masked, findings });
  }

  #unreadable(): void {
    this.#note({ kind: "failed", sqlstate: "502", from: "sluice" });
    this.#break("The service's answer is not what its type says, so nothing more of it may pass.");
  }

  #fail(message: string, code: "unreachable" | "timeout" = "unreachable"): void {
    const { is } = this.#stage;
    // What has not heard of it has not failed.
    const from = is === "new" ? "sluice" : "upstream";
    const sqlstate = is === "new" ? "503" : code === "timeout" ? "504" : "502";
    this.#note({ kind: "failed", sqlstate, from });
    if (is === "answering") this.#break(message);
    else this.#refuse({ code: is === "new" ? "failed" : code, message, review: null });
  }

  /** The client is gone: nobody is asked any more, and nothing more is read of the service. */
  #leave(): void {
    const stage = this.#stage;
    if (stage.is === "held") this.#letGo(LEFT.message);
    if (stage.is === "sent") this.#note({ kind: "note", message: LEFT.message });
    if (stage.is === "sent") this.#account("left", "pass");
    if (stage.is === "answering") this.#account("left", stage.answer.body);
    this.#effects.push({ do: "break", reason: LEFT.message });
    this.#end();
  }

  /** It is asked about no more. */
  #letGo(message: string): void {
    this.#effects.push({ do: "withdraw" });
    this.#note(settledFact({ ...LEFT, message }));
  }

  #break(reason: string): void {
    this.#note({ kind: "note", message: reason });
    const stage = this.#stage;
    if (stage.is === "answering") this.#account("broken off", stage.answer.body);
    this.#effects.push({ do: "break", reason });
    this.#end();
  }

  /** In the protocol's own words; the client gets them as any answer. */
  #refuse(refusal: Refusal): void {
    const { engine, spec } = this.#path;
    this.#answer(engine.refusal(refusal, spec.publicUrl));
  }

  #answer({ body, ...head }: Authored): void {
    this.#noteHead(head, null);
    this.#effects.push({ do: "respond", head, coding: null });
    this.#send(body);
    this.#effects.push({ do: "finish" });
    this.#end();
  }

  #noteHead({ status, headers }: ResponseHead, coding: Coding | null): void {
    const shown = headers.map(([name, value]) => [name, withoutCookie(name, value)] as const);
    this.#note({ kind: "response", status, headers: shown, coding });
  }

  #send(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#path.count.client += bytes.length;
    if (this.#path.policy.recording === "full") this.#note({ kind: "toClient", bytes });
    this.#effects.push({ do: "send", bytes });
  }

  #note(fact: Fact): void {
    this.#events.push({ at: this.#now, command: this.id, fact });
  }

  #end(): void {
    this.#stage = { is: "over" };
  }

  /** One append, then everything that it accounts for. */
  #flush(): readonly ExchangeEffect[] {
    const effects = this.#effects;
    const events = this.#events;
    this.#effects = [];
    this.#events = [];
    return events.length === 0 ? effects : [{ do: "append", events }, ...effects];
  }
}
