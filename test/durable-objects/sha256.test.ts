import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { sha256 } from "../../durable-objects/sha256.ts";

const platform = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

it("answers what the platform answers, for every length over several blocks", () => {
  for (let length = 0; length < 1_200; length++) {
    const data = Uint8Array.from({ length }, (_, i) => (i * 31 + length * 7) & 255);
    expect(Buffer.from(sha256(data)).toString("hex"), `${length} bytes`).toBe(platform(data));
  }
});

it("keeps nothing of a longer input", () => {
  sha256(new Uint8Array(900).fill(0xff));
  expect(Buffer.from(sha256(new Uint8Array(0))).toString("hex")).toBe(platform(new Uint8Array(0)));
});
