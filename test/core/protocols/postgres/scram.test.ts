import { describe, expect, it } from "vitest";
import { text, utf8 } from "../../../../core/bytes.ts";
import {
  md5Answer,
  saslPrep,
  scramFinal,
  scramFirst,
  scramVerify,
  type ScramFinal,
} from "../../../../core/protocols/postgres/scram.ts";
import { seededCrypto } from "../../../support/values.ts";

const crypto = seededCrypto();

/** RFC 7677 section 3. */
const exchange = {
  nonce: "rOprNGfwEbeRWgbNEkqO",
  user: "user",
  password: utf8("pencil"),
  crypto,
};
const SERVER_NONCE = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const SERVER_FIRST = `r=${SERVER_NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`;
const SERVER_FINAL = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

const answered = (): ScramFinal => scramFinal(exchange, utf8(SERVER_FIRST)) as ScramFinal;

describe("SCRAM-SHA-256", () => {
  it("speaks RFC 7677's example to the byte", () => {
    expect(text(scramFirst(exchange))).toBe("n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    expect(text(answered().message)).toBe(
      `c=biws,r=${SERVER_NONCE},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
    );
    expect(scramVerify(answered(), utf8(SERVER_FINAL))).toBeNull();
  });

  it.each([
    ["another nonce", SERVER_FIRST.replace("r=rOpr", "r=xOpr"), "does not extend"],
    ["our nonce alone", SERVER_FIRST.replace(SERVER_NONCE, exchange.nonce), "does not extend"],
    ["no salt", SERVER_FIRST.replace("W22ZaJ0SNY7soEsUEjb6gQ==", ""), "malformed"],
    ["a salt that is not base64", SERVER_FIRST.replace("gQ==", "gQ="), "malformed"],
    ["no iteration", SERVER_FIRST.replace("i=4096", "i=0"), "malformed"],
    ["negative iterations", SERVER_FIRST.replace("i=4096", "i=-1"), "malformed"],
    ["too many iterations", SERVER_FIRST.replace("4096", "100001"), "at most 100000"],
    ["a mandatory extension", `m=x,${SERVER_FIRST}`, "malformed"],
    ["an error", "e=other-error", "malformed"],
    ["nothing", "", "malformed"],
  ])("refuses a challenge with %s", (_, first, reason) => {
    expect(scramFinal(exchange, utf8(first))).toContain(reason);
  });

  it.each([
    ["another signature", SERVER_FINAL.replace("6rri", "7rri"), "could not prove"],
    ["a short signature", "v=6rri", "could not prove"],
    ["no signature", "v=", "could not prove"],
    ["an error", "e=invalid-proof", "refused"],
    ["nothing", "", "could not prove"],
  ])("does not believe a server with %s", (_, final, reason) => {
    expect(scramVerify(answered(), utf8(final))).toContain(reason);
  });
});

describe("SASLprep", () => {
  it.each([
    ["ASCII as it is", "pen cil\u0001", "pen cil\u0001"],
    ["a soft hyphen away", "p\u00e9\u00adx", "p\u00e9x"],
    ["another space as a space", "\u00e9\u00a0x", "\u00e9 x"],
    ["compatibility characters as their own", "\u2168", "IX"],
    ["combining marks composed", "e\u0301", "\u00e9"],
    ["a prohibited character's password raw", "e\u0301\ue000", "e\u0301\ue000"],
    ["mixed directions raw", "\u05d0\u2168", "\u05d0\u2168"],
    ["a right-to-left password", "\u05d0\u00ad\u05d1", "\u05d0\u05d1"],
    ["what would leave nothing raw", "\u00ad", "\u00ad"],
  ])("gives %s", (_, given, prepared) => {
    expect(text(saslPrep(utf8(given)))).toBe(prepared);
  });

  it("gives bytes that are not UTF-8 as they are", () => {
    const bytes = new Uint8Array([0xff, 0x41]);
    expect(saslPrep(bytes)).toBe(bytes);
  });
});

it("answers an MD5 challenge by the manual's formula", () => {
  const salt = new Uint8Array([1, 2, 3, 4]);
  expect(text(md5Answer("ada", utf8("pencil"), salt, crypto))).toMatch(/^md5[0-9a-f]{32}$/);
});
