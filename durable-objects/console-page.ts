import { consoleAsk, type ConsoleAsk, type ConsoleTold } from "../core/api/console.ts";
import {
  consoleIdleSeconds,
  consoleNoticesMax,
  consoleSilentSeconds,
  pingSeconds,
} from "../core/limits.ts";
import { ConsoleStatement, failed, objection, type Query } from "./console-statement.ts";

export type Notice = Readonly<Partial<Record<"severity" | "message" | "hint", string>>>;

/** The conversation with the target, once it has let us in. */
export type Line = {
  readonly query: (sql: string) => Query;
  readonly cancel: (key: Uint8Array) => void;
  /** A row has come whole. */
  readonly read: () => void;
  readonly end: () => void;
  /** What a page's function answers to let the rest of the rows go. */
  readonly close: object;
};

export type LineEvents = {
  notice(notice: Notice): void;
  /** The session is over, whatever was under way. */
  ended(code: string, message: string): void;
};

type PageParts = {
  readonly session: string;
  readonly socket: WebSocket;
  readonly connect: (events: LineEvents) => Promise<Line>;
  /** Called once. */
  readonly over: () => void;
};

/** One page's console: its WebSocket on one side, a session of its own on the other. */
export class ConsolePage {
  readonly #parts: PageParts;
  #line: Line | null = null;
  #statement: ConsoleStatement | null = null;
  /** The one that is looked at before it runs. */
  #looking: number | null = null;
  #notices = 0;
  #isOver = false;
  #heardAt = Date.now();
  #askedAt = Date.now();
  readonly #watch: ReturnType<typeof setInterval>;

  constructor(parts: PageParts) {
    this.#parts = parts;
    const { socket } = parts;
    socket.addEventListener("message", ({ data }) => this.#hear(data));
    socket.addEventListener("close", () => this.#leave());
    socket.addEventListener("error", () => this.#leave());
    this.#watch = setInterval(() => this.#look(), pingSeconds * 1000);
  }

  async open(): Promise<void> {
    try {
      const line = await this.#parts.connect({
        notice: (notice) => this.#notice(notice),
        ended: (code, message) => this.end(code, message),
      });
      if (this.#isOver) return line.end();
      this.#line = line;
      this.#tell({ on: "opened", session: this.#parts.session });
    } catch (error) {
      this.end("unreachable", (error as Error).message);
    }
  }

  /** Says why, and closes both ends. */
  end(code: string, message: string): void {
    this.#tell({ on: "ended", code, message });
    this.#leave();
  }

  #leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#watch);
    this.#parts.socket.close(1000);
    this.#statement?.leave();
    this.#line?.end();
    this.#parts.over();
  }

  #look(): void {
    const now = Date.now();
    if (now - this.#heardAt > consoleSilentSeconds * 1000) {
      return this.end("silent", "The page was not heard of for too long.");
    }
    const busy = this.#statement !== null;
    if (busy || now - this.#askedAt <= consoleIdleSeconds * 1000) return;
    const minutes = Math.round(consoleIdleSeconds / 60);
    this.end("idle", `Nothing was asked for ${minutes} minutes, so the session was ended.`);
  }

  #tell(told: ConsoleTold): void {
    if (!this.#isOver) this.#parts.socket.send(JSON.stringify(told));
  }

  #notice({ severity = "NOTICE", message = "", hint = "" }: Notice): void {
    if (this.#notices++ >= consoleNoticesMax) return;
    const id = this.#statement?.id ?? null;
    const review = /\/reviews\/(rev_[0-9a-v]{26})$/.exec(hint)?.[1] ?? null;
    this.#tell({ on: "notice", id, severity, message, review });
  }

  #hear(data: unknown): void {
    this.#heardAt = Date.now();
    if (data === "ping") return this.#parts.socket.send("pong");
    const asked = typeof data === "string" ? askIn(data) : null;
    if (asked === null) return this.end("protocol", "The page said what no console knows.");
    this.#askedAt = this.#heardAt;
    if (asked.do === "run") return void this.#run(asked.id, asked.sql);
    if (asked.do === "cancel" && asked.id === this.#looking) this.#looking = null;
    if (asked.id !== this.#statement?.id) return;
    if (asked.do === "more") this.#statement.more();
    else this.#statement.cancel();
  }

  async #run(id: number, sql: string): Promise<void> {
    const refuse = (code: string, message: string) => this.#tell(failed(id, code, message));
    if (this.#line === null) return refuse("not_open", "The session is not open yet.");
    if (this.#statement !== null || this.#looking !== null) {
      return refuse("busy", "Another statement is running.");
    }
    this.#looking = id;
    const against = await objection(sql);
    if (this.#looking !== id) return refuse("57014", "It was stopped before it ran.");
    this.#looking = null;
    if (against !== null) return refuse("not_here", against);
    const { close, cancel, read } = this.#line;
    const query = this.#line.query(sql);
    this.#notices = 0;
    const tell = (told: ConsoleTold) => {
      // What ends a statement makes room for the next one before the page can ask for it.
      if (told.on === "done" || told.on === "failed") this.#statement = null;
      this.#tell(told);
    };
    this.#statement = new ConsoleStatement({ id, query, close, cancel, read, tell });
    await this.#statement.run();
    this.#askedAt = Date.now();
  }
}

function askIn(data: string): ConsoleAsk | null {
  try {
    return consoleAsk.safeParse(JSON.parse(data)).data ?? null;
  } catch {
    return null;
  }
}
