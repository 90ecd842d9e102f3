import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { concat, u32Bytes, utf8 } from "../../core/bytes.ts";
import type { Door } from "../../cli/tunnel/listener.ts";

/** A server's or client's message: type, length, body. */
export const message = (type: string, body: Uint8Array | string): Uint8Array => {
  const bytes = typeof body === "string" ? utf8(body) : body;
  return concat([utf8(type), u32Bytes(bytes.length + 4), bytes]);
};

const packet = (code: number, body: Uint8Array): Uint8Array =>
  concat([u32Bytes(body.length + 8), u32Bytes(code), body]);

export const STARTUP = packet(196_608, utf8("user\0ada\0database\0shop\0\0"));
export const SSL_REQUEST = packet(80_877_103, new Uint8Array(0));
export const GSS_REQUEST = packet(80_877_104, new Uint8Array(0));
export const cancelRequest = (key: Uint8Array): Uint8Array => packet(80_877_102, key);

export const AUTHENTICATION_OK = message("R", u32Bytes(0));
export const READY = message("Z", "I");
export const loginWith = (key: Uint8Array): Uint8Array =>
  concat([AUTHENTICATION_OK, message("K", key), READY]);

/** RowDescription of text columns. */
export const columns = (...names: string[]): Uint8Array => {
  const fields = names.map((name) => concat([utf8(`${name}\0`), new Uint8Array(18)]));
  return message("T", concat([new Uint8Array([0, names.length]), ...fields]));
};

export const row = (...cells: (string | null)[]): Uint8Array => {
  const parts = cells.map((cell) =>
    cell === null ? u32Bytes(0xffffffff) : concat([u32Bytes(utf8(cell).length), utf8(cell)]),
  );
  return message("D", concat([new Uint8Array([0, cells.length]), ...parts]));
};

export const tag = (text: string): Uint8Array => message("C", `${text}\0`);

/** A local program at the listener's door. */
export class Client {
  readonly socket: Socket;
  #bytes = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
  }

  static async at(door: Door): Promise<Client> {
    const socket =
      door.kind === "tcp"
        ? connect({ port: door.port, host: "127.0.0.1", allowHalfOpen: true })
        : connect({
            path: join(door.directory, `.s.PGSQL.${door.port}`),
            allowHalfOpen: true,
          });
    socket.on("error", () => {});
    await once(socket, "connect");
    return new Client(socket);
  }

  write(...parts: Uint8Array[]): void {
    for (const part of parts) this.socket.write(part);
  }

  /** Exactly `length` bytes; fewer when the other side ends first. */
  async read(length: number): Promise<Buffer> {
    while (this.#bytes.length < length) {
      const chunk = this.socket.read() as Buffer | null;
      if (chunk !== null) this.#bytes = Buffer.concat([this.#bytes, chunk]);
      else if (this.socket.readableEnded || this.socket.destroyed) break;
      else await new Promise<void>((resolve) => this.#change(resolve));
    }
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  /** All that comes until the other side ends. */
  rest(): Promise<Buffer> {
    return this.read(Number.MAX_SAFE_INTEGER);
  }

  #change(resolve: () => void): void {
    const events = ["readable", "end", "close"];
    const once = () => {
      for (const event of events) this.socket.off(event, once);
      resolve();
    };
    for (const event of events) this.socket.on(event, once);
  }
}
