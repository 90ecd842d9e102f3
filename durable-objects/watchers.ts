import type { WatchMessage } from "../core/api/record.ts";
import { watchersEachMax, watchersMax, watchPingMs, watchTellMs } from "../core/limits.ts";

/** Who may watch, from which record on, and until when: the worker has checked and written it. */
export type WatchSpec = {
  readonly principal: string;
  readonly from: number;
  readonly expiresAt: number;
};

type Watcher = WatchSpec & {
  readonly id: string;
  readonly socket: WebSocket;
  readonly timer: ReturnType<typeof setTimeout>;
  /** It has said `next` since it was told last. */
  ready: boolean;
  /** Up to where it has been told. */
  told: number;
  pingedAt: number;
};

/**
 * Who watches a live session. They are told that there is more, never what: each has one message on
 * its way at most, so that none of them can slow the session or fill its memory.
 */
export class Watchers {
  readonly #last: () => number;
  readonly #watchers = new Map<string, Watcher>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** `last`: how many records there are. */
  constructor(last: () => number) {
    this.#last = last;
  }

  /** The page's end of a new watch. Null: too many watch already. */
  open(spec: WatchSpec): WebSocket | null {
    const own = [...this.#watchers.values()].filter((one) => one.principal === spec.principal);
    if (own.length < watchersEachMax && this.#watchers.size >= watchersMax) return null;
    if (own.length >= watchersEachMax) this.#close(own[0], 1008, "Too many windows watch this.");
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    const id = crypto.randomUUID();
    const expired = () => this.#close(watcher, 4401, "The access token has expired.");
    const timer = setTimeout(expired, Math.max(0, spec.expiresAt - Date.now()));
    const told = this.#last();
    const fresh = { id, socket: server, timer, ready: true, told, pingedAt: 0 };
    const watcher: Watcher = { ...spec, ...fresh };
    this.#watchers.set(id, watcher);
    server.addEventListener("message", ({ data }) => this.#hear(watcher, data));
    for (const over of ["close", "error"] as const) {
      server.addEventListener(over, () => this.#close(watcher, 1000, ""));
    }
    send(watcher, { on: "hello", watch: id, last: told });
    return client;
  }

  /** Whether that reading is what the watch was opened, and written down, for. */
  covers(watch: string, { principal, from }: Omit<WatchSpec, "expiresAt">): boolean {
    const watcher = this.#watchers.get(watch);
    return watcher?.principal === principal && watcher.from <= from;
  }

  /** Called with every append: one comparison where nobody watches. */
  recorded(): void {
    if (this.#watchers.size === 0 || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#tell();
    }, watchTellMs);
  }

  ended(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) {
      send(watcher, { on: "ended" });
      this.#close(watcher, 1000, "The session has ended.");
    }
  }

  #tell(): void {
    const last = this.#last();
    for (const watcher of this.#watchers.values()) {
      if (!watcher.ready || watcher.told >= last) continue;
      watcher.ready = false;
      watcher.told = last;
      send(watcher, { on: "more", last });
    }
  }

  #hear(watcher: Watcher, data: unknown): void {
    const now = Date.now();
    if (data === "next") {
      watcher.ready = true;
      if (this.#last() > watcher.told) this.recorded();
    } else if (data === "ping" && now - watcher.pingedAt >= watchPingMs) {
      watcher.pingedAt = now;
      watcher.socket.send("pong");
    } else this.#close(watcher, 1008, "A watch is only read.");
  }

  #close(watcher: Watcher | undefined, code: number, reason: string): void {
    if (watcher === undefined || !this.#watchers.delete(watcher.id)) return;
    clearTimeout(watcher.timer);
    watcher.socket.close(code, reason);
  }
}

const send = ({ socket }: Watcher, message: WatchMessage): void =>
  socket.send(JSON.stringify(message));
