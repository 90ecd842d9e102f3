import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Requests one after the other on each connection, for as long as was asked. */
export type Load = {
  readonly requestsPerSecond: number;
  /** Of each request, from its sending to the end of its answer. */
  readonly latenciesMs: readonly number[];
  /** From its sending to the first byte. */
  readonly firstBytesMs: readonly number[];
};

export type Target = { readonly url: string; readonly token: string | null };

/**
 * As little of a client as keeps connections alive (RFC 9112), so that it is not what is measured.
 * Throws where an answer is not 200.
 */
export async function load(target: Target, connections: number, seconds: number): Promise<Load> {
  const [latenciesMs, firstBytesMs]: [number[], number[]] = [[], []];
  const sockets = await Promise.all(Array.from({ length: connections }, () => dial(target)));
  const begun = performance.now();
  const until = begun + seconds * 1000;
  const all = sockets.map(async (socket) => {
    const answers = new Answers(socket);
    while (performance.now() < until) {
      const sent = performance.now();
      socket.write(requestFor(target));
      await answers.next();
      firstBytesMs.push(answers.firstByteAt - sent);
      latenciesMs.push(performance.now() - sent);
    }
  });
  await Promise.all(all);
  const taken = (performance.now() - begun) / 1000;
  for (const socket of sockets) socket.destroy();
  return { requestsPerSecond: latenciesMs.length / taken, latenciesMs, firstBytesMs };
}

/** Of one large answer, whose bytes are counted and dropped. */
export async function download(
  target: Target,
): Promise<{ readonly bytes: number; readonly seconds: number }> {
  const socket = await dial(target);
  const answers = new Answers(socket);
  const begun = performance.now();
  socket.write(requestFor(target));
  const bytes = await answers.next();
  socket.destroy();
  return { bytes, seconds: (performance.now() - begun) / 1000 };
}

async function dial({ url }: Target): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, "connect");
  return socket;
}

function requestFor({ url, token }: Target): string {
  const { host, pathname, search } = new URL(url);
  const authorization = token === null ? "" : `Authorization: Bearer ${token}\r\n`;
  return `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n${authorization}\r\n`;
}

const HEAD_END = "\r\n\r\n";
const LAST_CHUNK = "0\r\n\r\n";

/** Answers as they come on one connection. */
class Answers {
  firstByteAt = 0;
  #head: string | null = "";
  #received = 0;
  /** Null: chunked, whose end is known by its last bytes. */
  #length: number | null = 0;
  #tail = "";
  #done: (bytes: number) => void = () => {};
  #failed: (error: Error) => void = () => {};

  constructor(socket: Socket) {
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
    socket.on("error", (error) => this.#failed(error));
    socket.on("close", () => this.#failed(new Error("The connection was closed.")));
  }

  /** Bytes of the next answer's body, as they came. */
  next(): Promise<number> {
    this.#head = "";
    this.#received = 0;
    this.#tail = "";
    return new Promise((resolve, reject) => {
      this.#done = resolve;
      this.#failed = reject;
    });
  }

  #take(bytes: Buffer): void {
    if (this.#head === null) return this.#count(bytes);
    if (this.#head === "") this.firstByteAt = performance.now();
    this.#head += bytes.toString("latin1");
    const end = this.#head.indexOf(HEAD_END);
    if (end < 0) return;
    const head = this.#head.slice(0, end);
    const rest = Buffer.from(this.#head.slice(end + HEAD_END.length), "latin1");
    this.#head = null;
    if (!/^HTTP\/1.1 200 /.test(head)) return this.#failed(new Error(head));
    const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
    this.#length = length === undefined ? null : Number(length);
    this.#count(rest);
  }

  #count(bytes: Buffer): void {
    this.#received += bytes.length;
    if (this.#length !== null) {
      if (this.#received >= this.#length) this.#done(this.#received);
      return;
    }
    this.#tail = (this.#tail + bytes.toString("latin1", Math.max(0, bytes.length - 5))).slice(-5);
    if (this.#tail === LAST_CHUNK) this.#done(this.#received);
  }
}
