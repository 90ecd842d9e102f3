import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export type Asked = {
  readonly headers: IncomingHttpHeaders;
  readonly form: Readonly<Record<string, string>>;
};

type Answer = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, but for a text, which is sent as it is. */
  readonly body: unknown;
};

/** A token end point whose answers a test bends; each token is another. */
export class TokenServer {
  readonly url: string;
  readonly asked: Asked[] = [];
  answer: (count: number) => Answer = (count) => ({
    body: { access_token: `token-${count}`, token_type: "Bearer", expires_in: 3_600 },
  });
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
    server.on("request", (request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<TokenServer> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new TokenServer(server);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = Object.fromEntries(new URLSearchParams(await text(request)));
    const count = this.asked.push({ headers: request.headers, form });
    const { status = 200, headers = {}, body } = this.answer(count);
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
