import type { UnixMs } from "../core/decision.ts";
import type { Arrival } from "../store/health.ts";

/** Endings before the login that are the target's doing, not the client's. */
const TARGETS: ReadonlySet<string> = new Set([
  "upstream_unreachable",
  "upstream_protocol",
  "login_failed",
]);

/** How a session comes to its target: told once, as soon as it is known. */
export class Arriving {
  readonly #tell: (how: Arrival) => void;
  #dialMs = 0;
  #loginFrom: UnixMs | null = null;
  #told = false;

  constructor(tell: (how: Arrival) => void) {
    this.#tell = tell;
  }

  dialled(ms: number): void {
    this.#dialMs = ms;
  }

  /** The first bytes leave for the target: the client may have taken its time until then. */
  sending(now: UnixMs): void {
    this.#loginFrom ??= now;
  }

  loggedIn(at: UnixMs): void {
    const loginMs = at - (this.#loginFrom ?? at);
    this.#once({ is: "reached", at, dialMs: this.#dialMs, loginMs });
  }

  ended(code: string, why: string, at: UnixMs): void {
    if (TARGETS.has(code)) this.#once({ is: "failed", at, why });
  }

  #once(how: Arrival): void {
    if (!this.#told) this.#tell(how);
    this.#told = true;
  }
}
