import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { tunnelWindowBytes } from "../../core/limits.ts";
import {
  dataFrames,
  decodeFrame,
  encodeFrame,
  type Frame,
  type Invalid,
  SUBPROTOCOL,
} from "../../core/tunnel/frames.ts";

type Handler = (request: IncomingMessage, body: string) => { status: number; json: unknown };
type Received = Frame | Invalid | { readonly is: "gone" };

/**
 * A gateway in this process that does what a test says: JSON routes, refusals, and tunnels by
 * hand.
 */
export class FakeGateway {
  readonly requests: { method: string; url: string; body: string; token: string }[] = [];
  handle: Handler = () => problemAnswer(404, "unknown", "No such thing.");
  /** An answer instead of 101. */
  refuseWith: { status: number; json: unknown } | null = null;
  opened: Frame = {
    is: "opened",
    session: "ses_1",
    windowBytes: tunnelWindowBytes,
    server: "fake",
  };
  onSession: ((session: FakeSession) => void) | null = null;
  url = "";
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  readonly #waiting: FakeSession[] = [];
  #wanted: ((session: FakeSession) => void)[] = [];

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on("upgrade", (request, socket, head) => {
      if (this.refuseWith !== null) {
        const body = JSON.stringify(this.refuseWith.json);
        const length = `Content-Length: ${Buffer.byteLength(body)}`;
        socket.end(`HTTP/1.1 ${this.refuseWith.status} No\r\n${length}\r\n\r\n${body}`);
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (ws) => {
        const session = new FakeSession(ws, request);
        session.send(this.opened);
        this.onSession?.(session);
        const wanted = this.#wanted.shift();
        if (wanted === undefined) this.#waiting.push(session);
        else wanted(session);
      });
    });
  }

  static async start(): Promise<FakeGateway> {
    const gateway = new FakeGateway();
    await new Promise<void>((resolve) => gateway.#server.listen(0, "127.0.0.1", resolve));
    gateway.url = `http://127.0.0.1:${(gateway.#server.address() as AddressInfo).port}`;
    return gateway;
  }

  session(): Promise<FakeSession> {
    const session = this.#waiting.shift();
    if (session !== undefined) return Promise.resolve(session);
    return new Promise((resolve) => this.#wanted.push(resolve));
  }

  /** Sessions that nobody has taken yet. */
  get untaken(): number {
    return this.#waiting.length;
  }

  async stop(): Promise<void> {
    for (const client of this.#sockets.clients) client.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString();
    const { method = "", url = "", headers } = request;
    this.requests.push({ method, url, body, token: headers.authorization ?? "" });
    const { status, json } = this.handle(request, body);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(json));
  }
}

/** The gateway's end of one tunnel. */
export class FakeSession {
  readonly request: IncomingMessage;
  readonly #socket: WebSocket;
  readonly #frames: Received[] = [];
  #wanted: ((frame: Received) => void) | null = null;

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.#socket = socket;
    this.request = request;
    socket.on("message", (message: Buffer) => this.#put(decodeFrame(message)));
    socket.on("close", () => this.#put({ is: "gone" }));
  }

  send(frame: Frame): void {
    this.#socket.send(encodeFrame(frame));
  }

  data(bytes: Uint8Array): void {
    for (const frame of dataFrames(bytes)) this.#socket.send(frame);
  }

  raw(message: Uint8Array | string): void {
    this.#socket.send(message);
  }

  drop(): void {
    this.#socket.terminate();
  }

  /** The next frame, in order. */
  next(): Promise<Received> {
    const frame = this.#frames.shift();
    if (frame !== undefined) return Promise.resolve(frame);
    return new Promise((resolve) => {
      this.#wanted = resolve;
    });
  }

  /** Everything up to and including the answer to a ping that is sent now. */
  async untilPong(): Promise<Received[]> {
    this.send({ is: "ping" });
    const frames: Received[] = [];
    for (;;) {
      const frame = await this.next();
      if (frame.is === "pong" || frame.is === "gone") return frames;
      frames.push(frame);
    }
  }

  /** Data joined until there are `bytes` of it. */
  async bytes(bytes: number): Promise<Buffer> {
    let all = Buffer.alloc(0);
    while (all.length < bytes) {
      const frame = await this.next();
      if (frame.is !== "data") throw new Error(`expected data, got ${JSON.stringify(frame)}`);
      all = Buffer.concat([all, frame.bytes]);
    }
    return all;
  }

  #put(frame: Received): void {
    const wanted = this.#wanted;
    this.#wanted = null;
    if (wanted === null) this.#frames.push(frame);
    else wanted(frame);
  }
}

export function problemAnswer(status: number, code: string, detail: string) {
  const type = `urn:sluice:problem:${code}`;
  return { status, json: { type, title: code, status, code, detail } };
}
