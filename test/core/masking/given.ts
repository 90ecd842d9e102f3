import { createHmac } from "node:crypto";
import type { Crypto } from "../../../core/crypto.ts";
import { createMasker } from "../../../core/masking/masker.ts";
import { DETECTOR_KINDS } from "../../../core/masking/kinds.ts";
import type { Masker } from "../../../core/masker.ts";
import { maskingSchema } from "../../../core/policy/schema.ts";

const unused = () => {
  throw new Error("masking does not use this");
};

export const crypto: Crypto = {
  hmacSha256: (key, data) => new Uint8Array(createHmac("sha256", key).update(data).digest()),
  sha256: unused,
  pbkdf2: unused,
  md5: unused,
  random: unused,
};

/** One key per purpose, as the shell derives them. */
export const keys = {
  mask: (purpose: string) => new Uint8Array(createHmac("sha256", "test").update(purpose).digest()),
};

/** A masker of these rules for somebody in `groups` on the resource shop-db. */
export const maskerOf = (rules: readonly object[], groups: readonly string[] = []): Masker =>
  createMasker(
    rules.map((rule) => maskingSchema.parse(rule)),
    { groups },
    { id: "res_shop", name: "shop-db" },
    keys,
    crypto,
  );

export const everything = maskerOf([{ id: "all", detect: [...DETECTOR_KINDS] }]);

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const shown = (value: Uint8Array | null): string | null =>
  value === null ? null : new TextDecoder().decode(value);
