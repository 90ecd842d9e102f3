import { readJson } from "./json.ts";

export type ReadBody = {
  readonly kind: string;
  readonly value: unknown;
  readonly repeated: readonly string[];
};

export function readBody(
  contentType: string | null,
  contentEncoding: string | null,
  body: Uint8Array,
): ReadBody | { readonly wrong: string; readonly status: 400 | 415 } {
  if (contentEncoding !== null && contentEncoding !== "identity")
    return { wrong: "Bodies of requests are taken without a coding.", status: 415 };
  if (body.length === 0) return { kind: "none", value: null, repeated: [] };
  if (contentType === null || !/json/i.test(contentType))
    return { kind: "other", value: null, repeated: [] };
  const read = readJson(body);
  return "wrong" in read
    ? { wrong: read.wrong, status: 400 }
    : { kind: "json", value: read.value, repeated: [] };
}
