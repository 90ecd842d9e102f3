import { concat } from "../core/bytes.ts";
import { resultPartPieces, sealedPieceBytes } from "../core/limits.ts";
import { SealError } from "./seal.ts";

/*
 * Something large under one key of its own, sealed as it comes and opened as it goes: STREAM of
 * Hoang, Reyhanitabar, Rogaway and Vizár (CRYPTO 2015) with AES-256-GCM. Piece n of
 * `sealedPieceBytes` has the nonce n (11 bytes, big-endian) ‖ whether it is the last (1 byte), so
 * that no piece passes for another, and none is missing at the end. A key seals one thing, once.
 */

const tagBytes = 16;
const keyBytes = 32;

const nonceOf = (n: number, last: boolean): Uint8Array => {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(7, n);
  nonce[11] = last ? 1 : 0;
  return nonce;
};

const aesKey = (key: Uint8Array, use: "encrypt" | "decrypt") => {
  if (key.length !== keyBytes) throw new SealError("a result");
  return crypto.subtle.importKey("raw", key, "AES-GCM", false, [use]);
};

/** Seals what is written, and puts it in R2: in parts, where it is too large for one. */
export class SealedWriter {
  /** New with each writer: nonces begin anew as well. */
  readonly key: Uint8Array = crypto.getRandomValues(new Uint8Array(keyBytes));
  readonly #bucket: R2Bucket;
  readonly #place: string;
  readonly #key: Promise<CryptoKey>;
  #plain: Uint8Array[] = [];
  #plainBytes = 0;
  #pieces = 0;
  #sealed: Uint8Array[] = [];
  #upload: R2MultipartUpload | null = null;
  readonly #parts: R2UploadedPart[] = [];

  constructor(bucket: R2Bucket, place: string) {
    this.#bucket = bucket;
    this.#place = place;
    this.#key = aesKey(this.key, "encrypt");
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#plain.push(bytes);
    this.#plainBytes += bytes.length;
    // The last piece is sealed as such, so one that is just full waits for what comes.
    if (this.#plainBytes <= sealedPieceBytes) return;
    let all = concat(this.#plain);
    while (all.length > sealedPieceBytes) {
      await this.#seal(all.slice(0, sealedPieceBytes), false);
      all = all.slice(sealedPieceBytes);
      if (this.#sealed.length === resultPartPieces) await this.#part();
    }
    this.#plain = [all];
    this.#plainBytes = all.length;
  }

  /** Only now is it there for anybody. */
  async finish(): Promise<void> {
    await this.#seal(concat(this.#plain), true);
    if (this.#upload === null) {
      await this.#bucket.put(this.#place, concat(this.#sealed));
      return;
    }
    await this.#part();
    await this.#upload.complete(this.#parts);
  }

  /** Of what was written nothing is left. */
  async abort(): Promise<void> {
    await this.#upload?.abort();
  }

  async #seal(plain: Uint8Array, last: boolean): Promise<void> {
    const algorithm = { name: "AES-GCM", iv: nonceOf(this.#pieces++, last) };
    const sealed = await crypto.subtle.encrypt(algorithm, await this.#key, plain);
    this.#sealed.push(new Uint8Array(sealed));
  }

  async #part(): Promise<void> {
    this.#upload ??= await this.#bucket.createMultipartUpload(this.#place);
    const bytes = concat(this.#sealed);
    this.#sealed = [];
    this.#parts.push(await this.#upload.uploadPart(this.#parts.length + 1, bytes));
  }
}

/**
 * What was sealed, piece by piece, none before its seal has held. Throws a SealError where a bit,
 * the order or the end is another.
 */
export async function* openedPieces(
  key: Uint8Array,
  sealed: ReadableStream,
): AsyncGenerator<Uint8Array> {
  const opener = await aesKey(key, "decrypt");
  const reader: ReadableStreamDefaultReader<Uint8Array> = sealed.getReader();
  const size = sealedPieceBytes + tagBytes;
  let [parts, bytes, n]: [Uint8Array[], number, number] = [[], 0, 0];
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      parts.push(value);
      bytes += value.length;
      // A byte more says that what is before it is not the last.
      if (bytes <= size) continue;
      let all = concat(parts);
      for (; all.length > size; all = all.slice(size)) {
        yield await opened(opener, all.slice(0, size), nonceOf(n++, false));
      }
      [parts, bytes] = [[all], all.length];
    }
    yield await opened(opener, concat(parts), nonceOf(n, true));
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function opened(key: CryptoKey, piece: Uint8Array, iv: Uint8Array): Promise<Uint8Array> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, piece));
  } catch {
    throw new SealError("a result");
  }
}
