import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

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
  readonly asked: Asked[] = [];
  answer: (count: number) => Answer = (count) => ({
    body: { access_token: `token-${count}`, token_type: "Bearer", expires_in: 3_600 },
  });
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<TokenServer> {
    const server = createServer();
    const tokens = new TokenServer(server);
    server.on("request", async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      const form = Object.fromEntries(new URLSearchParams(body));
      const count = tokens.asked.push({ headers: request.headers, form });
      const { status = 200, headers = {}, body: said } = tokens.answer(count);
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(typeof said === "string" ? said : JSON.stringify(said));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return tokens;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/token`;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}
