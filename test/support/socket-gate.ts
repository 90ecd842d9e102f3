import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll } from "vitest";
import { type ClientOptions, WebSocket, WebSocketServer } from "ws";
import type { DemoSettings } from "../../demo/demo.ts";
import type { RecordPage, RecordView } from "../../core/api/record.ts";
import type { ReviewView } from "../../core/api/review.ts";
import { type TestDemo, startTestDemo } from "./demo.ts";
import { type Upstream, startUpstream } from "./http-upstream.ts";

/** `own` is the test's own service; the other two lead to the same upstream. */
export const socketPolicy = (upstream: string, own: string, more = "", groups = "engineers") => `
resources:
  - { name: feed, type: http, url: "${upstream}", network: private }
  - { name: raw, type: http, url: "${upstream}", network: private, unreadable: pass }
  - { name: own, type: http, url: "${own}", network: private }
grants:
  - { id: all, groups: [${groups}], resources: [feed, raw, own], access: [read, write] }
guardrails:
  - { id: no-drop, when: 'command.text == "drop"', then: block, message: Nothing is dropped here. }
  - id: large
    when: 'http.method == "MESSAGE" && command.text.contains("amount") && http.body.amount > 1000'
    then: review
    reviewers: [leads]
  - id: closed
    when: 'http.websocket && http.method == "GET" && "no" in http.query'
    then: block
    message: This one stays closed.
  - id: asks
    when: 'http.websocket && http.method == "GET" && "ask" in http.query'
    then: review
    reviewers: [leads]
masking:
  - { id: cards, fields: [card_number], technique: redact }
  - { id: found, detect: [credit_card], technique: redact }
${more}
roles: { admin: [admins], reviewer: [leads], auditor: [auditors] }
`;

type Person = "ada" | "rui" | "max";

export class SocketGate {
  readonly demo: TestDemo;
  readonly upstream: Upstream;
  /** The service `own`. It would take any subprotocol, whatever was offered, where asked to. */
  readonly service: WebSocketServer;
  readonly #tokens: ReadonlyMap<Person, string>;

  private constructor(
    demo: TestDemo,
    upstream: Upstream,
    service: WebSocketServer,
    tokens: ReadonlyMap<Person, string>,
  ) {
    this.demo = demo;
    this.upstream = upstream;
    this.service = service;
    this.#tokens = tokens;
  }

  static async start(more: Partial<DemoSettings> = {}): Promise<SocketGate> {
    const upstream = await startUpstream();
    const service = new WebSocketServer({
      port: 0,
      host: "127.0.0.1",
      handleProtocols: (offered, { url }) =>
        url === "/other" ? "other" : ([...offered][0] ?? false),
    });
    await once(service, "listening");
    const demo = await startTestDemo({
      ...more,
      policy: socketPolicy(upstream.url, urlOf(service)),
    });
    const people = ["ada", "rui", "max"] as const;
    const tokens = await Promise.all(
      people.map(async (one) => [one, await demo.token(one)] as const),
    );
    return new SocketGate(demo, upstream, service, new Map(tokens));
  }

  async stop(): Promise<void> {
    await this.demo.stop();
    await this.upstream.stop();
    for (const socket of this.service.clients) socket.terminate();
    this.service.close();
  }

  token(person: Person): string {
    return this.#tokens.get(person) ?? "";
  }

  apply(more: string, groups?: string): Promise<void> {
    return this.demo.apply(socketPolicy(this.upstream.url, urlOf(this.service), more, groups));
  }

  async api<T>(person: Person, path: string, body?: object): Promise<T> {
    const answer = await fetch(`${this.demo.url}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        authorization: `Bearer ${this.token(person)}`,
        "content-type": "application/json",
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** The one review that waits, once there is one. */
  async pending(): Promise<ReviewView> {
    for (;;) {
      const { items } = await this.api<{ items: ReviewView[] }>(
        "rui",
        "/api/reviews?state=pending",
      );
      if (items[0] !== undefined) return items[0];
    }
  }

  async recorded(session: string): Promise<readonly RecordView[]> {
    const all: RecordView[] = [];
    for (let from: number | null = 0; from !== null;) {
      const path = `/api/sessions/${session}/records?from=${from}&limit=5000`;
      const page: RecordPage = await this.api("max", path);
      all.push(...page.items);
      from = page.next;
    }
    return all;
  }

  /** As ada, not yet open. */
  begin(path: string, protocols: readonly string[] = [], more: ClientOptions = {}): Talk {
    const headers = { authorization: `Bearer ${this.token("ada")}`, ...more.headers };
    const url = `${this.demo.url.replace("http", "ws")}/http/${path}`;
    return new Talk(
      new WebSocket(url, [...protocols], { perMessageDeflate: false, ...more, headers }),
    );
  }

  async talk(...given: Parameters<SocketGate["begin"]>): Promise<Talk> {
    const talk = this.begin(...given);
    await once(talk.socket, "open");
    return talk;
  }

  /** One to `own`, and the service's end of it. */
  async both(): Promise<{ talk: Talk; service: WebSocket }> {
    const connected = once(this.service, "connection") as Promise<[WebSocket]>;
    const talk = await this.talk("own/");
    return { talk, service: (await connected)[0] };
  }

  /** How an upgrade is refused. */
  async refused(...given: Parameters<SocketGate["begin"]>) {
    const { socket } = this.begin(...given);
    socket.on("error", () => {});
    const [, answer] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
    return { status: answer.statusCode, body: await text(answer) };
  }
}

const urlOf = (service: WebSocketServer): string =>
  `http://127.0.0.1:${(service.address() as AddressInfo).port}`;

/** One gate for all tests of a file. */
export function useSocketGate(more: Partial<DemoSettings> = {}): () => SocketGate {
  let gate: SocketGate | undefined;
  beforeAll(async () => {
    gate = await SocketGate.start(more);
  });
  afterAll(() => gate?.stop());
  return () => {
    if (gate === undefined) throw new Error("The gate is open inside tests only.");
    return gate;
  };
}

/** What a close says. */
export const closeOf = (socket: WebSocket): Promise<readonly [code: number, reason: string]> =>
  new Promise((resolve) => {
    socket.on("close", (code, reason) => resolve([code, String(reason)]));
  });

/** A client of the `ws` package, and what it has heard so far. */
export class Talk {
  readonly socket: WebSocket;
  readonly heard: (string | Buffer)[] = [];
  /** As the answer to the upgrade names it. */
  session = "";
  readonly closed: ReturnType<typeof closeOf>;
  #read = 0;
  #changed: () => void = () => {};

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer, isBinary) => {
      this.heard.push(isBinary ? data : String(data));
      this.#changed();
    });
    socket.on("upgrade", ({ headers: { "sluice-session": session } }: IncomingMessage) => {
      this.session = String(session);
    });
    this.closed = closeOf(socket);
    void this.closed.then(() => this.#changed());
  }

  /** The next message. */
  async next(): Promise<string | Buffer> {
    while (this.heard.length <= this.#read) {
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error("It has closed.");
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
    return this.heard[this.#read++] as string | Buffer;
  }

  async ask(message: string | Buffer): Promise<string | Buffer> {
    this.socket.send(message);
    return this.next();
  }
}
