import type { Crypto } from "../../crypto.ts";
import { base64, concat, equal, fromBase64, hex, strictText, utf8 } from "../../bytes.ts";
import { scramIterationsMax } from "../../limits.ts";

/*
 * The client's half of SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding: the platform
 * shows no certificate to bind to. Errors are sentences for people; none of them holds a secret.
 */

const GS2_HEADER = "n,,";

export const SCRAM_MECHANISM = "SCRAM-SHA-256";

export type ScramExchange = {
  /** Of printable ASCII without a comma. */
  readonly nonce: string;
  /** PostgreSQL takes the user of the startup packet and ignores this one. */
  readonly user: string;
  readonly password: Uint8Array;
  readonly crypto: Crypto;
};

const firstBare = ({ nonce, user }: ScramExchange): string => `n=${user},r=${nonce}`;

/** `client-first-message`. */
export const scramFirst = (exchange: ScramExchange): Uint8Array =>
  utf8(GS2_HEADER + firstBare(exchange));

export type ScramFinal = {
  /** `client-final-message`. */
  readonly message: Uint8Array;
  /** What a server that knows the password must sign with. */
  readonly serverSignature: Uint8Array;
};

const SERVER_FIRST = /^r=([!-+\--~]+),s=([A-Za-z0-9+/=]+),i=([1-9][0-9]{0,9})(?:,[A-Za-z]=[^,]*)*$/;

/** Answers `server-first-message`; a string says what is wrong with it. */
export function scramFinal(exchange: ScramExchange, serverFirst: Uint8Array): ScramFinal | string {
  const { crypto, nonce } = exchange;
  const first = strictText(serverFirst);
  const [, serverNonce, encodedSalt, count] = SERVER_FIRST.exec(first ?? "") ?? [];
  const salt = fromBase64(encodedSalt ?? "");
  if (first === null || serverNonce === undefined || salt === null || salt.length === 0) {
    return "sent a SCRAM challenge that is malformed";
  }
  if (!serverNonce.startsWith(nonce) || serverNonce.length === nonce.length) {
    return "sent a SCRAM challenge with a nonce that does not extend ours";
  }
  const iterations = Number(count);
  if (iterations > scramIterationsMax) {
    return `asks for ${iterations} SCRAM iterations; at most ${scramIterationsMax} are possible`;
  }
  const salted = crypto.pbkdf2(saslPrep(exchange.password), salt, iterations);
  const withoutProof = `c=${base64(utf8(GS2_HEADER))},r=${serverNonce}`;
  const signed = utf8(`${firstBare(exchange)},${first},${withoutProof}`);
  const clientKey = crypto.hmacSha256(salted, utf8("Client Key"));
  const clientSignature = crypto.hmacSha256(crypto.sha256(clientKey), signed);
  const proof = clientKey.map((byte, i) => byte ^ (clientSignature[i] as number));
  const serverKey = crypto.hmacSha256(salted, utf8("Server Key"));
  return {
    message: utf8(`${withoutProof},p=${base64(proof)}`),
    serverSignature: crypto.hmacSha256(serverKey, signed),
  };
}

/** Checks `server-final-message`; null: the server knows the password. */
export function scramVerify(final: ScramFinal, serverFinal: Uint8Array): string | null {
  const message = strictText(serverFinal) ?? "";
  if (message.startsWith("e=")) return "refused the SCRAM exchange";
  const [, encoded] = /^v=([A-Za-z0-9+/=]+)(?:,[A-Za-z]=[^,]*)*$/.exec(message) ?? [];
  const signature = encoded === undefined ? null : fromBase64(encoded);
  if (signature !== null && equal(signature, final.serverSignature)) return null;
  return "could not prove that it knows the password: this may not be the server that you mean";
}

/** RFC 3454 C.1.2: spaces that become one plain space. */
const OTHER_SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu;
/** RFC 3454 B.1: what disappears. */
const NOTHINGS =
  /\u00ad|\u034f|\u1806|\u180b|\u180c|\u180d|\u200c|\u200d|\u2060|\ufeff|[\ufe00-\ufe0f]/gu;
/** RFC 3454 C.2 to C.9, and what Unicode has not assigned (A.1). */
const PROHIBITED = new RegExp(
  "[\\p{Cc}\\p{Co}\\p{Cs}\\p{Cn}\\u06dd\\u070f\\u0340\\u0341\\u180e\\u200c-\\u200f\\u2028-\\u202e" +
    "\\u2060-\\u2063\\u206a-\\u206f\\u2ff0-\\u2ffb\\ufeff\\ufff9-\\ufffd" +
    "\\u{1d173}-\\u{1d17a}\\u{e0001}\\u{e0020}-\\u{e007f}]",
  "u",
);
/** RFC 3454 D.1: letters written from right to left. */
const RIGHT_TO_LEFT =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\u200f]/u;

/**
 * RFC 4013, as PostgreSQL applies it: ASCII stays as it is, and a password that SASLprep does not
 * allow is used as its bytes are. Unicode has assigned characters since RFC 3454's version 3.2;
 * those that normalisation leaves alone, nearly all of them, come out the same either way.
 */
export function saslPrep(password: Uint8Array): Uint8Array {
  if (password.every((byte) => byte < 0x80)) return password;
  const given = strictText(password);
  if (given === null) return password;
  const mapped = given.replace(OTHER_SPACES, " ").replace(NOTHINGS, "");
  const prepared = mapped.normalize("NFKC");
  if (prepared === "" || PROHIBITED.test(prepared) || !directionsAgree(prepared)) return password;
  return utf8(prepared);
}

/**
 * RFC 3454 section 6: right-to-left text has no left-to-right letters, and both ends are
 * right-to-left.
 */
function directionsAgree(prepared: string): boolean {
  if (!RIGHT_TO_LEFT.test(prepared)) return true;
  const characters = [...prepared];
  const leftToRight = characters.some((c) => /\p{L}/u.test(c) && !RIGHT_TO_LEFT.test(c));
  const ends = [characters[0], characters.at(-1)];
  return !leftToRight && ends.every((c) => c !== undefined && RIGHT_TO_LEFT.test(c));
}

/**
 * The answer to AuthenticationMD5Password (manual, "Message Flow", "AuthenticationMD5Password").
 */
export function md5Answer(
  user: string,
  password: Uint8Array,
  salt: Uint8Array,
  crypto: Crypto,
): Uint8Array {
  const inner = hex(crypto.md5(concat([password, utf8(user)])));
  return utf8(`md5${hex(crypto.md5(concat([utf8(inner), salt])))}`);
}
