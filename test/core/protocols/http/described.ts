import { utf8 } from "../../../../core/bytes.ts";
import { readBody } from "../../../../core/protocols/http/body.ts";
import { type Api, compileApi } from "../../../../core/protocols/http/openapi.ts";
import { readTarget, TARGET_FORMS } from "../../../../core/protocols/http/target.ts";

export type Json = Record<string, unknown>;

export const matches = (pattern: string) => {
  try {
    const regex = new RegExp(pattern, "u");
    return (text: string) => regex.test(text);
  } catch {
    return null;
  }
};

export const document = (parts: Json): Json => ({
  openapi: "3.1.0",
  info: {},
  paths: {},
  ...parts,
});

export function api(parts: Json): Api {
  const compiled = compileApi(document(parts), matches);
  if ("wrong" in compiled) throw new Error(compiled.wrong);
  return compiled;
}

export const wrongOf = (parts: Json): string =>
  (compileApi(document(parts), matches) as { wrong: string }).wrong;

/** What the description says of one request. */
export function asked(
  api: Api,
  request: string,
  type: string | null = null,
  content = "",
): string | null {
  const [method = "", target = ""] = request.split(" ");
  const read = readTarget(target, TARGET_FORMS);
  const body = readBody(type, null, utf8(content));
  if ("wrong" in read) throw new Error(read.wrong);
  if ("wrong" in body) throw new Error(body.wrong);
  const operation = api.operation(method, read.path);
  if (operation === null) return "unknown";
  return api.conforms(operation, { query: read.query, contentType: type, body });
}

export const taking = (schema: unknown, parts: Json = {}): Json => ({
  paths: { "/a": { post: { requestBody: { content: { "application/json": { schema } } } } } },
  ...parts,
});

export const post = (schema: unknown, value: unknown, parts: Json = {}): string | null =>
  asked(api(taking(schema, parts)), "POST /a", "application/json", JSON.stringify(value));
