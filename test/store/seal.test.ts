import { describe, expect, it } from "vitest";
import { open, openBytes, seal, SealError } from "../../store/seal.ts";

const key = (letter: string) => Buffer.alloc(32, letter).toString("base64");
const env = { SEALING_KEYS: `b:${key("b")},a:${key("a")}` };
const old = { SEALING_KEYS: `a:${key("a")}` };

describe("sealing", () => {
  it("opens what it sealed, and never seals the same twice alike", async () => {
    const [one, two] = [
      await seal(env, "secret:x", "hunter2"),
      await seal(env, "secret:x", "hunter2"),
    ];
    expect(await open(env, "secret:x", one)).toBe("hunter2");
    expect(one).not.toBe(two);
    expect(one).toMatch(/^b:/);
    expect(one).not.toContain("hunter2");
  });

  it("opens with an older key after a rotation, and not once that key is gone", async () => {
    const before = await seal(old, "secret:x", "hunter2");
    expect(await open(env, "secret:x", before)).toBe("hunter2");
    const gone = { SEALING_KEYS: `b:${key("b")}` };
    await expect(open(gone, "secret:x", before)).rejects.toThrow(SealError);
  });

  it("opens for its own purpose alone", async () => {
    const sealed = await seal(env, "secret:x", "hunter2");
    await expect(open(env, "secret:y", sealed)).rejects.toThrow(SealError);
  });

  it("does not open under another key's id with the same bytes", async () => {
    const twins = { SEALING_KEYS: `a:${key("a")},c:${key("a")}` };
    const sealed = await seal(twins, "p", "hunter2");
    await expect(open(twins, "p", sealed.replace(/^a:/, "c:"))).rejects.toThrow(SealError);
  });

  it("does not open when any one bit was changed", async () => {
    const sealed = await seal(env, "p", "x");
    const bytes = Buffer.from(sealed.slice(2), "base64");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      const text = `b:${changed.toString("base64")}`;
      await expect(openBytes(env, "p", text)).rejects.toThrow(SealError);
    }
  });

  it.each(["", ":", "b:", "b:AAAA", "nobody:AAAA", "b:***"])("does not open %j", async (text) => {
    await expect(open(env, "p", text)).rejects.toThrow(SealError);
  });
});
