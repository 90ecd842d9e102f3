import type { Action, Engine, Input, Side } from "../../engine.ts";
import type { Settled } from "../../decision.ts";
import type { Masker } from "../../masker.ts";
import { equal } from "../../bytes.ts";
import { ClientSide } from "./client.ts";
import { Opening, type Opened } from "./opening.ts";
import { cancelRequest, errorResponse, terminate } from "./messages.ts";
import { goodbye, heldNotice } from "./refusal.ts";
import { State, type EngineParts } from "./state.ts";
import { UpstreamSide } from "./upstream.ts";

/**
 * PostgreSQL's frontend/backend protocol, 3.0 and 3.2 (manual, chapter "Frontend/Backend
 * Protocol"). First an opening (startup.ts, login.ts), then two sides that share one state.
 */
export const createPostgresEngine = (parts: EngineParts): Engine => new PostgresEngine(parts);

class PostgresEngine implements Engine {
  readonly #state: State;
  readonly #client: ClientSide;
  readonly #upstream: UpstreamSide;
  #opening: Opening | null;
  #opened: Opened | null = null;

  constructor(parts: EngineParts) {
    this.#state = new State(parts);
    this.#client = new ClientSide(this.#state);
    this.#upstream = new UpstreamSide(this.#state);
    this.#opening = new Opening(this.#state);
  }

  buffered(side: Side): number {
    if (side === "upstream") return this.#upstream.queue.length;
    const opening = this.#opening?.buffered ?? 0;
    return opening + this.#client.queue.length + (this.#state.held?.bytes ?? 0);
  }

  step(input: Input): readonly Action[] {
    if (this.#state.closed) return [];
    try {
      if (this.#opening === null) this.#relay(input);
      else this.#open(this.#opening, input);
    } catch (error) {
      this.#fault(error);
    }
    return this.#state.takeActions();
  }

  /**
   * A defect of ours. Nothing that was prepared in this step leaves; the session ends and says so.
   */
  #fault(error: unknown): void {
    this.#state.takeActions();
    const message = "The gateway could not go on with this session.";
    const kind = error instanceof Error ? error.name : typeof error;
    const where = error instanceof Error ? (error.stack?.split("\n")[1]?.trim() ?? "") : "";
    this.#state.record(0, { kind: "note", message: `internal fault: ${kind} ${where}` });
    this.#state.tell(errorResponse({ severity: "FATAL", code: "XX000", message }));
    this.#state.close("internal", message);
  }

  #open(opening: Opening, input: Input): void {
    const opened = opening.step(input);
    if (opened === null) return;
    this.#opening = null;
    this.#opened = opened;
    this.#state.status = opened.status;
    this.#client.queue.push(opened.rest);
    this.#advance();
  }

  #relay(input: Input): void {
    const state = this.#state;
    switch (input.on) {
      case "bytes":
        (input.from === "client" ? this.#client : this.#upstream).queue.push(input.bytes);
        break;
      case "settled":
        this.#settle(input.command, input.decision);
        break;
      case "learned":
        state.learned(input.request, input.catalog);
        break;
      case "policy":
        this.#adopt(input.masker);
        break;
      case "asked":
        if (state.held?.command !== input.command) break;
        state.tell(heldNotice({ ...input, reviewId: input.review }));
        break;
      case "cancel":
        this.#cancel(input.key);
        break;
      case "revoked":
        state.tell(goodbye(input.code, input.reason));
        this.#leave(input.code, input.reason);
        break;
      case "ended":
        this.#ended(input.side, input.reason);
        break;
      case "opened":
      case "secured":
        break;
    }
    this.#advance();
  }

  /**
   * Rows go on under the new policy. A COPY's masks follow its text from the first byte on, so one
   * that has begun cannot: it ends with its session.
   */
  #adopt(masker: Masker): void {
    const state = this.#state;
    state.masker = masker;
    if (masker.idle || !this.#upstream.copying) return;
    const message = "The policy has changed in the middle of a COPY; start it again.";
    state.tell(errorResponse({ severity: "FATAL", code: "57P01", message }));
    this.#leave("unmaskable", message);
  }

  /** Answers first: they settle names and statuses that the client's next message depends on. */
  #advance(): void {
    this.#upstream.advance();
    this.#client.advance();
  }

  #settle(command: number, decision: Settled): void {
    const state = this.#state;
    const { held } = state;
    if (held === null || held.command !== command) return;
    state.held = null;
    if (decision.verdict === "run") held.run();
    else held.refuse(decision);
  }

  /** A cancel reaches this session's own command alone, and only with the key that it was given. */
  #cancel(key: Uint8Array): void {
    const state = this.#state;
    const opened = this.#opened as Opened;
    if (!equal(key, opened.clientKey)) {
      state.record(0, { kind: "cancel", outcome: "ignored" });
      return;
    }
    const { held } = state;
    if (held === null) {
      state.record(0, { kind: "cancel", outcome: "sent" });
      state.act({ do: "cancel", bytes: cancelRequest(opened.upstreamPid, opened.upstreamKey) });
      return;
    }
    state.record(held.command, { kind: "cancel", outcome: "withdrawn" });
    this.#withdraw("The statement was cancelled while it waited for approval.");
  }

  #withdraw(message: string): void {
    const { held } = this.#state;
    if (held === null) return;
    this.#state.act({ do: "withdraw", command: held.command, reason: message });
    const refusal = { verdict: "refuse", code: "withdrawn", review: null, message } as const;
    this.#settle(held.command, refusal);
  }

  #leave(code: string, reason: string): void {
    this.#state.forward("upstream", terminate());
    this.#state.close(code, reason);
  }

  #ended(side: Side, reason: string | null): void {
    const state = this.#state;
    if (side === "client") {
      this.#leave("client_ended", reason ?? "The client closed its connection.");
      return;
    }
    this.#upstream.advance();
    if (state.closed) return;
    const message = reason ?? "The target closed the connection.";
    const { held } = state;
    if (held === null) state.tell(goodbye("upstream_ended", message));
    else {
      // It did not run and never will: the server's own word for a session that an operator ends.
      state.act({ do: "withdraw", command: held.command, reason: message });
      state.tell(errorResponse({ severity: "FATAL", code: "57P01", message }));
    }
    state.close("upstream_ended", message);
  }
}
