import { i32 } from "../../core/bytes.ts";

/** A login is far smaller; beyond this the session has no key that we would know of. */
const loginBytesMax = 256 * 1024;

const BACKEND_KEY_DATA = 0x4b;
const READY_FOR_QUERY = 0x5a;

/**
 * Finds BackendKeyData among a server's first messages (PostgreSQL manual, "Message Formats"),
 * however they are cut. After ReadyForQuery it looks at nothing any more.
 */
export class BackendKeyWatch {
  #waiting: Uint8Array | null = new Uint8Array(0);

  /** The key, process id and secret, when these bytes complete it; else null. */
  push(bytes: Uint8Array): Uint8Array | null {
    if (this.#waiting === null) return null;
    const all = Buffer.concat([this.#waiting, bytes]);
    let at = 0;
    while (at + 5 <= all.length) {
      const length = i32(all, at + 1);
      const end = at + 1 + length;
      if (length < 4 || all[at] === READY_FOR_QUERY) return this.#stop();
      if (end > all.length) break;
      if (all[at] === BACKEND_KEY_DATA) {
        this.#stop();
        return Uint8Array.from(all.subarray(at + 5, end));
      }
      at = end;
    }
    this.#waiting = all.length - at > loginBytesMax ? null : all.subarray(at);
    return null;
  }

  #stop(): null {
    this.#waiting = null;
    return null;
  }
}
