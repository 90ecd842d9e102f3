import { request } from "node:http";
import { brotliDecompressSync, constants, gunzipSync, inflateSync } from "node:zlib";

export type Got = {
  readonly status: number;
  /** Names in lower case, values of one name joined. */
  readonly headers: Readonly<Record<string, string>>;
  /** As it came, without its framing. */
  readonly raw: Buffer;
  /** Without its content coding; what cannot be decoded, because it was cut, as far as it can. */
  readonly body: Buffer;
  /** The connection ended before the answer did. */
  readonly cut: boolean;
};

export type Asking = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
};

/** One request as Node sends it: nothing is decoded, followed or tried again. */
export function ask(url: string, { method = "GET", headers = {}, body }: Asking): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sending = request(url, { method, headers, agent: false }, (answer) => {
      const pieces: Buffer[] = [];
      const over = (): void => {
        const raw = Buffer.concat(pieces);
        const values = Object.entries(answer.headersDistinct);
        const all = Object.fromEntries(
          values.map(([name, each]) => [name, each?.join(", ") ?? ""]),
        );
        const cut = !answer.complete;
        const body = decodedOf(raw, all["content-encoding"] ?? "", cut);
        const status = answer.statusCode ?? 0;
        resolve({ status, headers: all, raw, body, cut });
      };
      answer.on("data", (piece: Buffer) => pieces.push(piece));
      answer.on("error", () => {});
      answer.on("close", over);
    });
    sending.on("error", reject);
    sending.end(body);
  });
}

const DECODERS: Readonly<Record<string, (raw: Buffer, flush: number) => Buffer>> = {
  gzip: (raw, finishFlush) => gunzipSync(raw, { finishFlush }),
  deflate: (raw, finishFlush) => inflateSync(raw, { finishFlush }),
  br: (raw, finishFlush) => brotliDecompressSync(raw, { finishFlush }),
};

/** Throws where it came whole and is not so coded. */
function decodedOf(raw: Buffer, coding: string, cut: boolean): Buffer {
  const decode = DECODERS[coding];
  if (decode === undefined || raw.length === 0) return raw;
  const { Z_SYNC_FLUSH, Z_FINISH, BROTLI_OPERATION_FLUSH, BROTLI_OPERATION_FINISH } = constants;
  const isBrotli = coding === "br";
  if (!cut) return decode(raw, isBrotli ? BROTLI_OPERATION_FINISH : Z_FINISH);
  try {
    return decode(raw, isBrotli ? BROTLI_OPERATION_FLUSH : Z_SYNC_FLUSH);
  } catch {
    return raw;
  }
}
