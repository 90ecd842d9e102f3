import { EMPTY, concat, u32 } from "../../bytes.ts";
import type { Input } from "../../engine.ts";
import { startupBytesMax, upstreamMessageBytesMax } from "../../limits.ts";
import { ByteQueue, peekHeader } from "./frames.ts";
import { logIn, type LoginResult, type LoginStep } from "./login.ts";
import {
  authenticationOk,
  backendKeyData,
  errorResponse,
  negotiateProtocolVersion,
  parameterStatus,
  readyForQuery,
} from "./messages.ts";
import { goodbye } from "./refusal.ts";
import { admit, readStartup, type Startup } from "./startup.ts";
import type { State } from "./state.ts";

/** What the relay needs of the opening. */
export type Opened = {
  readonly status: "I" | "T" | "E";
  /** What the client has already sent behind its startup packet. */
  readonly rest: Uint8Array;
  readonly clientKey: Uint8Array;
  readonly upstreamPid: number;
  readonly upstreamKey: Uint8Array;
};

const DECLINED = new Uint8Array([0x4e]);

/**
 * From the first byte to the first ReadyForQuery. The client is never asked for a password: the
 * tunnel has authenticated it. Its startup packet is read, filtered and replaced; the gateway logs
 * in at the target in its own name; only then does the client hear that it is in.
 */
export class Opening {
  readonly #state: State;
  readonly #client = new ByteQueue();
  readonly #upstream = new ByteQueue();
  readonly #declined = new Set<"ssl" | "gss">();
  #startup: Startup | null = null;
  #connected = false;
  #login: Generator<LoginStep, LoginResult, Uint8Array> | null = null;
  /** What the login waits for. */
  #needs: "byte" | "message" | "secured" | null = null;

  constructor(state: State) {
    this.#state = state;
  }

  get buffered(): number {
    return this.#client.length;
  }

  /** The relay may begin when this is not null. */
  step(input: Input): Opened | null {
    switch (input.on) {
      case "bytes":
        (input.from === "client" ? this.#client : this.#upstream).push(input.bytes);
        break;
      case "opened":
        this.#connected = true;
        break;
      case "secured":
        return this.#needs === "secured" ? (this.#resume(EMPTY) ?? this.#drive()) : null;
      case "revoked":
        this.#refuse(goodbye(input.code, input.reason), input.code, input.reason);
        return null;
      case "ended":
        this.#ended(input.side, input.reason);
        return null;
      case "policy":
        this.#state.masker = input.masker;
        break;
      default:
    }
    if (this.#startup === null && !this.#readStartup()) return null;
    this.#refuseInjected();
    if (this.#login === null) return this.#connected ? this.#begin(this.#startup as Startup) : null;
    return this.#drive();
  }

  #refuse(words: Uint8Array, code: string, reason: string): void {
    this.#state.tell(words);
    this.#state.close(code, reason);
  }

  #ended(side: "client" | "upstream", reason: string | null): void {
    if (side === "client") {
      this.#state.close("client_ended", "The client left before it was signed in.");
      return;
    }
    const message = reason ?? "The target closed the connection during login.";
    this.#refuse(goodbye("upstream_unreachable", message), "upstream_unreachable", message);
  }

  /** True once the startup packet is there and admitted. */
  #readStartup(): boolean {
    while (this.#client.length > 0) {
      const available = Math.min(this.#client.length, startupBytesMax + 1);
      const first = readStartup(this.#client.peek(available) as Uint8Array);
      switch (first.is) {
        case "more":
          return false;
        case "ssl":
        case "gss":
          this.#client.take(first.length);
          if (!this.#decline(first.is)) return false;
          break;
        case "cancel":
          this.#state.close("cancel", "A cancel request goes by the tunnel's own frame.");
          return false;
        case "malformed":
          this.#failed("08P01", first.message, "client_protocol");
          return false;
        case "startup":
          this.#client.take(first.length);
          this.#startup = first;
          return true;
      }
    }
    return false;
  }

  /** A client asks for each kind of encryption once. */
  #decline(kind: "ssl" | "gss"): boolean {
    const again = this.#declined.has(kind);
    if (again) this.#failed("08P01", "Encryption was asked for twice.", "client_protocol");
    else this.#state.tell(DECLINED);
    this.#declined.add(kind);
    return !again;
  }

  #failed(code: string, message: string, closing: string): void {
    const fact = { kind: "failed", sqlstate: code, from: "sluice" } as const;
    this.#state.record(0, fact);
    this.#refuse(errorResponse({ severity: "FATAL", code, message }), closing, message);
  }

  #begin(startup: Startup): Opened | null {
    const { resource } = this.#state.parts.spec;
    const admitted = admit(startup.parameters, resource);
    if ("refuse" in admitted) {
      this.#failed(admitted.refuse.code, admitted.refuse.message, "startup_refused");
      return null;
    }
    const { crypto, password } = this.#state.parts;
    const { parameters, searchPath } = admitted;
    if (searchPath !== null) this.#state.startOn(searchPath);
    const protocolMinor = startup.minor >= 2 ? 2 : 0;
    this.#login = logIn({ resource, password, parameters, crypto, protocolMinor });
    const next = this.#login.next();
    return this.#follow(next) ?? this.#drive();
  }

  #drive(): Opened | null {
    while (this.#needs !== null && this.#needs !== "secured" && !this.#state.closed) {
      const bytes = this.#needs === "byte" ? this.#byte() : this.#message();
      if (bytes === null) return null;
      const opened = this.#resume(bytes);
      if (opened !== null) return opened;
    }
    return null;
  }

  /**
   * What came in plaintext before TLS would be believed as if it had come by it (CVE-2021-23222).
   */
  #refuseInjected(): void {
    if (this.#needs !== "secured" || this.#upstream.length === 0) return;
    const message = "Somebody sent unencrypted bytes ahead of the target's TLS.";
    this.#failed("08P01", message, "upstream_protocol");
  }

  #byte(): Uint8Array | null {
    return this.#upstream.length === 0 ? null : this.#upstream.take(1);
  }

  #message(): Uint8Array | null {
    const header = peekHeader(this.#upstream);
    if (header === null) return null;
    if (header === "malformed" || header.length > upstreamMessageBytesMax) {
      this.#failed(
        "08P01",
        "The target does not speak PostgreSQL's protocol.",
        "upstream_protocol",
      );
      return null;
    }
    return this.#upstream.length < header.length ? null : this.#upstream.take(header.length);
  }

  #resume(bytes: Uint8Array): Opened | null {
    const login = this.#login as Generator<LoginStep, LoginResult, Uint8Array>;
    return this.#follow(login.next(bytes));
  }

  /** Does what the login asks for, up to its next read. */
  #follow(first: IteratorResult<LoginStep, LoginResult>): Opened | null {
    const login = this.#login as Generator<LoginStep, LoginResult, Uint8Array>;
    let next = first;
    while (next.done !== true) {
      const step = next.value;
      if ("read" in step) {
        this.#needs = step.read;
        return null;
      }
      if ("secure" in step) {
        this.#state.act({ do: "secure", serverName: step.secure });
        this.#needs = "secured";
        this.#refuseInjected();
        return null;
      }
      this.#state.act({ do: "reply", to: "upstream", bytes: step.send, secret: true });
      next = login.next(EMPTY);
    }
    return this.#finish(next.value);
  }

  #finish(result: LoginResult): Opened | null {
    this.#needs = null;
    if (!result.ok) {
      this.#failed(result.sqlstate, result.message, "login_failed");
      return null;
    }
    const { crypto } = this.#state.parts;
    const { minor, parameters, unsupported } = this.#startup as Startup;
    const clientKey = crypto.random(minor >= 2 ? 32 : 4);
    const pid = u32(crypto.random(4), 0) >>> 1;
    const negotiate = minor > 2 || minor === 1 || unsupported.length > 0;
    const words = [
      ...(negotiate ? [negotiateProtocolVersion(minor >= 2 ? 2 : 0, unsupported)] : []),
      authenticationOk(),
      ...result.parameters.map(([name, value]) => parameterStatus(name, value)),
      backendKeyData(pid, clientKey),
      readyForQuery(result.status),
    ];
    const version = result.parameters.find(([name]) => name === "server_version")?.[1] ?? "";
    const client = parameters.get("application_name") ?? "";
    this.#state.record(0, { kind: "login", server: version, client });
    this.#state.act({ do: "reply", to: "client", bytes: concat(words), secret: true });
    return {
      status: result.status,
      rest: this.#client.take(this.#client.length),
      clientKey,
      upstreamPid: result.pid,
      upstreamKey: result.key,
    };
  }
}
