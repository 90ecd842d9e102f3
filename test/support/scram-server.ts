import { base64, fromBase64, text, u32Bytes, utf8 } from "../../core/bytes.ts";
import type { Crypto } from "../../core/crypto.ts";
import { message } from "../../core/protocols/postgres/messages.ts";

/** AuthenticationSASL, …Continue and …Final, each with its data. */
export const saslOffer = (...mechanisms: string[]): Uint8Array =>
  message("R", u32Bytes(10), utf8(mechanisms.map((name) => `${name}\0`).join("") + "\0"));
export const saslContinue = (data: string): Uint8Array => message("R", u32Bytes(11), utf8(data));
export const saslFinal = (data: string): Uint8Array => message("R", u32Bytes(12), utf8(data));

const SALT = utf8("0123456789abcdef");
const ITERATIONS = 16;

/**
 * A server's half of SCRAM-SHA-256 (RFC 5802) that knows the password: it answers what was sent.
 */
export class ScramServer {
  readonly #crypto: Crypto;
  readonly #password: Uint8Array;
  #firstBare = "";
  #first = "";

  constructor(password: string, crypto: Crypto) {
    this.#crypto = crypto;
    this.#password = utf8(password);
  }

  /** Answers a SASLInitialResponse. */
  challenge(initial: Uint8Array): Uint8Array {
    const sent = text(initial);
    this.#firstBare = sent.slice(sent.indexOf("n=,"));
    const nonce = this.#firstBare.slice(this.#firstBare.indexOf("r=") + 2);
    this.#first = `r=${nonce}SERVER,s=${base64(SALT)},i=${ITERATIONS}`;
    return saslContinue(this.#first);
  }

  /** Answers a SASLResponse; throws when its proof does not show the password. */
  verdict(response: Uint8Array): Uint8Array {
    const crypto = this.#crypto;
    const sent = text(response.subarray(5));
    const at = sent.indexOf(",p=");
    const signed = utf8(`${this.#firstBare},${this.#first},${sent.slice(0, at)}`);
    const salted = crypto.pbkdf2(this.#password, SALT, ITERATIONS);
    const stored = crypto.sha256(crypto.hmacSha256(salted, utf8("Client Key")));
    const signature = crypto.hmacSha256(stored, signed);
    const proof = fromBase64(sent.slice(at + 3)) as Uint8Array;
    const shown = crypto.sha256(proof.map((byte, i) => byte ^ (signature[i] as number)));
    if (base64(shown) !== base64(stored)) throw new Error("wrong proof");
    return saslFinal(
      `v=${base64(crypto.hmacSha256(crypto.hmacSha256(salted, utf8("Server Key")), signed))}`,
    );
  }
}
