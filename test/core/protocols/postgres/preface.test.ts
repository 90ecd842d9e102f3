import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, text, utf8 } from "../../../../core/bytes.ts";
import { startupBytesMax } from "../../../../core/limits.ts";
import { message, passwordMessage } from "../../../../core/protocols/postgres/messages.ts";
import {
  authenticationRefused,
  declineTls,
  passwordChallenge,
  readPassword,
  startupFailure,
} from "../../../../core/protocols/postgres/preface.ts";

describe("the listener's password", () => {
  const whole = passwordMessage(utf8("häs pass"));

  it("is read whole, and what follows it is left", () => {
    expect(readPassword(concat([whole, utf8("Q")]))).toEqual({
      is: "password",
      password: utf8("häs pass"),
      length: whole.length,
    });
  });

  it("waits for every byte of it", () => {
    for (let cut = 0; cut < whole.length; cut++) {
      expect(readPassword(whole.subarray(0, cut))).toEqual({ is: "more" });
    }
  });

  it.each([
    ["another message", message("Q", utf8("select 1\0"))],
    ["no terminator", message("p", utf8("secret"))],
    ["more behind the terminator", message("p", utf8("secret\0more\0"))],
    ["an impossible length", Uint8Array.of(0x70, 0, 0, 0, 3)],
    ["a negative length", Uint8Array.of(0x70, 255, 255, 255, 255)],
    ["a length over the bound", Uint8Array.of(0x70, 0, 0, startupBytesMax >> 8, 255)],
  ])("is refused with %s", (_, bytes) => {
    expect(readPassword(bytes)).toEqual({
      is: "malformed",
      message: "A password was expected.",
    });
  });

  it("never throws", () => {
    const check = fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(["more", "password", "malformed"]).toContain(readPassword(bytes).is);
    });
    fc.assert(check);
  });
});

describe("the listener's words", () => {
  it("are PostgreSQL's", () => {
    expect(text(declineTls())).toBe("N");
    expect(passwordChallenge()).toEqual(Uint8Array.of(0x52, 0, 0, 0, 8, 0, 0, 0, 3));
    expect(text(startupFailure("3D000", "No such database."))).toContain(
      "SFATAL\0VFATAL\0C3D000\0",
    );
    expect(text(authenticationRefused())).toContain("C28P01\0");
  });
});
