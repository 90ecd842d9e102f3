import { connect } from "cloudflare:sockets";
import { dialSeconds, readBufferBytesBusy, readBufferBytesIdle } from "../../core/limits.ts";
import type { PostgresResource } from "../../core/session.ts";
import type { Upstream } from "./dial.ts";
import { Unreachable } from "./reach.ts";

/** A buffer that was not filled for this long goes back to the small size. */
const busyMs = 5_000;

/** The platform has no connect time-out, and closing a socket that still connects never returns. */
export async function connectTcp(resource: PostgresResource): Promise<Upstream> {
  const { host, port, tls } = resource;
  const secureTransport = tls === "disable" ? "off" : "starttls";
  const socket = connect({ hostname: host, port }, { allowHalfOpen: true, secureTransport });
  socket.closed.catch(() => {});
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `${host}:${port} did not answer within ${dialSeconds} seconds.`;
    timer = setTimeout(() => reject(new Unreachable(message)), dialSeconds * 1000);
  });
  try {
    await Promise.race([socket.opened, late]);
  } catch (error) {
    socket.close().catch(() => {});
    if (error instanceof Unreachable) throw error;
    throw new Unreachable(`${host}:${port} refused the connection or cannot be reached.`);
  } finally {
    clearTimeout(timer);
  }
  return new TcpUpstream(socket, host);
}

/**
 * Reads go into one buffer that is used again, and a copy leaves: the default reader hands out 4
 * KiB at a time. A pending read pins its buffer, so an idle connection has a small one.
 */
class TcpUpstream implements Upstream {
  readonly #host: string;
  #socket: Socket;
  #reader: ReadableStreamBYOBReader;
  #writer: WritableStreamDefaultWriter<Uint8Array>;
  #buffer = new ArrayBuffer(readBufferBytesIdle);
  #filledAt = 0;
  /** TLS was asked for, and nothing has been read through it yet. */
  #handshaking = false;

  constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    this.#reader = socket.readable.getReader({ mode: "byob" });
    this.#writer = socket.writable.getWriter();
  }

  async read(): Promise<Uint8Array | null> {
    try {
      const { value, done } = await this.#reader.read(new Uint8Array(this.#buffer));
      if (value === undefined) return null;
      this.#handshaking = false;
      const copy = value.slice();
      this.#buffer = this.#nextBuffer(value);
      return done && copy.length === 0 ? null : copy;
    } catch {
      throw this.#lost();
    }
  }

  #nextBuffer(read: Uint8Array): ArrayBuffer {
    const size = read.buffer.byteLength;
    const now = Date.now();
    if (read.length === size) this.#filledAt = now;
    const next = now - this.#filledAt < busyMs ? readBufferBytesBusy : readBufferBytesIdle;
    return next === size ? (read.buffer as ArrayBuffer) : new ArrayBuffer(next);
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#writer.write(bytes);
    } catch {
      throw this.#lost();
    }
  }

  /** The name that is checked is the one that was dialled: the platform takes no other. */
  secure(): void {
    this.#reader.releaseLock();
    this.#writer.releaseLock();
    this.#socket = this.#socket.startTls();
    this.#socket.opened.catch(() => {});
    this.#socket.closed.catch(() => {});
    this.#handshaking = true;
    this.#reader = this.#socket.readable.getReader({ mode: "byob" });
    this.#writer = this.#socket.writable.getWriter();
    this.#buffer = new ArrayBuffer(readBufferBytesIdle);
  }

  end(): void {
    this.#writer.close().catch(() => {});
  }

  close(): void {
    this.#writer.close().catch(() => {});
    this.#socket.close().catch(() => {});
  }

  #lost(): Unreachable {
    return new Unreachable(
      this.#handshaking
        ? `${this.#host} presented a certificate that no public CA signed, or that names another ` +
            "host; targets with a private CA need a connector."
        : `The connection to ${this.#host} was lost.`,
    );
  }
}
