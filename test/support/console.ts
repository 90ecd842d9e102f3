import { once } from "node:events";
import WebSocket from "ws";
import { type ConsoleAsk, consoleTold, type ConsoleTold } from "../../core/api/console.ts";

type Told<K extends ConsoleTold["on"]> = Extract<ConsoleTold, { on: K }>;

export type Answered = {
  readonly columns: readonly string[];
  readonly rows: (string | null)[][];
  readonly end: Told<"done"> | Told<"failed"> | Told<"ended">;
};

/** A page's end of a console, in a test's hand. Everything that it hears fits the contract. */
export class ConsoleClient {
  readonly told: ConsoleTold[] = [];
  readonly socket: WebSocket;
  #wake: (() => void)[] = [];
  #id = 0;
  #from = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer) => {
      if (data.toString() === "pong") return;
      this.told.push(consoleTold.parse(JSON.parse(data.toString())));
      for (const wake of this.#wake.splice(0)) wake();
    });
    socket.on("close", () => {
      for (const wake of this.#wake.splice(0)) wake();
    });
  }

  /** Rejects with the status where it is refused. */
  static async connect(url: string, headers: Record<string, string>): Promise<ConsoleClient> {
    const socket = new WebSocket(url.replace("http", "ws"), { headers });
    const client = new ConsoleClient(socket);
    await once(socket, "open");
    return client;
  }

  async opened(): Promise<Told<"opened">> {
    const first = this.told.find((told) => told.on === "opened");
    return first ?? this.hear("opened");
  }

  /** The first of that kind from where the last statement began. Throws once the line is closed. */
  async hear<K extends ConsoleTold["on"]>(...kinds: readonly K[]): Promise<Told<K>> {
    for (;;) {
      const heard = this.told.slice(this.#from);
      const found = heard.find((told): told is Told<K> => kinds.some((kind) => kind === told.on));
      if (found !== undefined) return found;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(JSON.stringify(heard));
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  say(asked: ConsoleAsk): void {
    this.socket.send(JSON.stringify(asked));
  }

  /** Begins a statement; its number. */
  begin(sql: string): number {
    this.#from = this.told.length;
    this.say({ do: "run", id: ++this.#id, sql });
    return this.#id;
  }

  /** Everything up to the statement's end, page after page. */
  async rest(): Promise<Answered> {
    const rows: (string | null)[][] = [];
    let columns: readonly string[] = [];
    for (let at = this.#from; ; at++) {
      while (at >= this.told.length) {
        if (this.socket.readyState === WebSocket.CLOSED) throw new Error("the line was closed");
        await new Promise<void>((resolve) => this.#wake.push(resolve));
      }
      const told = this.told[at] as ConsoleTold;
      if (told.on === "done" || told.on === "failed" || told.on === "ended") {
        return { columns, rows, end: told };
      }
      if (told.on !== "rows") continue;
      columns = told.columns.map(({ name }) => name);
      rows.push(...told.rows);
      if (told.more) this.say({ do: "more", id: told.id });
    }
  }

  /** All of it. */
  run(sql: string): Promise<Answered> {
    this.begin(sql);
    return this.rest();
  }
}
