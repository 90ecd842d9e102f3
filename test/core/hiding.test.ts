import { expect, it } from "vitest";
import { concat, text, utf8 } from "../../core/bytes.ts";
import { Hiding } from "../../core/hiding.ts";

const through = (secret: string, pieces: readonly Uint8Array[]): string => {
  const hiding = new Hiding(secret);
  return text(concat([...pieces.map((piece) => hiding.push(piece)), hiding.finish()]));
};

it.each([
  ["key-Q7", '{"x":"Bearer key-Q7","y":"key-Q8key-Q7key-Q7"} key-', '{"x":"Bearer ******",'],
  ["aaaa", "aaa aaaa aaaaa", "aaa **** ****a"],
  ["aab", "aaaab aab", "aa*** ***"],
  ["é", "née", "n**e"],
])("%s is hidden at any cut", (secret, given, begins) => {
  const bytes = utf8(given);
  const whole = through(secret, [bytes]);
  expect(whole.startsWith(begins)).toBe(true);
  expect(whole).not.toContain(secret);
  expect(utf8(whole)).toHaveLength(bytes.length);
  for (let at = 0; at <= bytes.length; at++) {
    expect(through(secret, [bytes.slice(0, at), bytes.slice(at)]), `cut at ${at}`).toBe(whole);
  }
  expect(
    through(
      secret,
      [...bytes].map((byte) => Uint8Array.of(byte)),
    ),
  ).toBe(whole);
});

it("holds nothing back but a beginning of the secret, and copies nothing without it", () => {
  const hiding = new Hiding("key-Q7");
  const chunk = utf8("no secret here");
  expect(hiding.push(chunk)).toBe(chunk);
  expect(text(hiding.push(utf8("here: key")))).toBe("here: ");
  expect(text(hiding.push(utf8("s")))).toBe("keys");
});
