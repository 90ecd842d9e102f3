import { tunnelAckBytes, tunnelWindowBytes } from "../limits.ts";

/*
 * Credit. WebSockets on Workers push back on nobody, so each direction has a window: what was
 * sent and not yet acknowledged never exceeds it. Totals count data payload only, from the
 * opening on; other frames are small and free.
 */

/** How much this side may send. */
export class SendWindow {
  readonly #windowBytes: number;
  #sent = 0;
  #acknowledged = 0;

  /** The window that the peer grants: `windowBytes` of its `opened`. */
  constructor(windowBytes: number = tunnelWindowBytes) {
    this.#windowBytes = windowBytes;
  }

  get available(): number {
    return this.#windowBytes - (this.#sent - this.#acknowledged);
  }

  /** The caller sends no more than `available`. */
  sent(bytes: number): void {
    this.#sent += bytes;
  }

  /** False: the peer acknowledged what was never sent, or took an acknowledgement back. */
  acknowledged(total: number): boolean {
    if (total < this.#acknowledged || total > this.#sent) return false;
    this.#acknowledged = total;
    return true;
  }
}

/** How much the peer may send, and when to tell it that there is room again. */
export class ReceiveWindow {
  readonly #windowBytes: number;
  #received = 0;
  #consumed = 0;
  #told = 0;

  constructor(windowBytes: number = tunnelWindowBytes) {
    this.#windowBytes = windowBytes;
  }

  /** Received and not yet passed on. */
  get pending(): number {
    return this.#received - this.#consumed;
  }

  /**
   * False: the peer sent more than its window, which is measured from the last acknowledgement
   * that it could have seen.
   */
  received(bytes: number): boolean {
    this.#received += bytes;
    return this.#received - this.#told <= this.#windowBytes;
  }

  /** Bytes passed on: the total to acknowledge once `tunnelAckBytes` are due, else null. */
  consumed(bytes: number): number | null {
    this.#consumed += bytes;
    return this.#consumed - this.#told >= tunnelAckBytes ? this.flush() : null;
  }

  /** The total to acknowledge now, or null when the peer knows all of it. */
  flush(): number | null {
    if (this.#consumed === this.#told) return null;
    this.#told = this.#consumed;
    return this.#told;
  }
}
