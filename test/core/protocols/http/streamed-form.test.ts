import { describe, expect, it } from "vitest";
import { utf8 } from "../../../../core/bytes.ts";
import { unwatchable, watchOf } from "../../../../core/protocols/http/streamed-form.ts";

/* Fields that ask for another method, in bodies that are too large to be read. */

const FORM = "application/x-www-form-urlencoded";
const PARTS = "multipart/form-data; boundary=xyz";

const head = (type: string | null, method = "POST", coding?: string) => ({
  method,
  headers: [
    ...(type === null ? [] : [["content-type", type] as const]),
    ...(coding === undefined ? [] : [["content-encoding", coding] as const]),
  ],
});

/** Whether it is found, in pieces of so many bytes. */
function found(type: string | null, body: string, size: number, method = "POST"): boolean {
  const watch = watchOf(head(type, method));
  const bytes = utf8(body);
  for (let at = 0; at < bytes.length; at += size) {
    if (watch?.(bytes.subarray(at, at + size)) === true) return true;
  }
  return false;
}

const part = (headers: string, content = "x"): string =>
  `--xyz\r\n${headers}\r\n\r\n${content}\r\n--xyz--\r\n`;
const named = (name: string, content?: string): string =>
  part(`Content-Disposition: form-data; name=${name}`, content);
const long = "a".repeat(3_000);

describe.each([1, 7, 1_000, 1_000_000])("in pieces of %i", (size) => {
  it.each([
    [FORM, "_method=DELETE"],
    [FORM, `pad=${long}&_method=DELETE&pad=${long}`],
    [FORM, `pad=${long}&%5fm%65thod=DELETE`],
    [FORM, "a=1&+_METHOD=DELETE"],
    [FORM, "a=1;_method=DELETE"],
    [FORM, "a=1&_HttpMethod=PATCH"],
    [FORM, "a=1&x-http-method-override=PUT"],
    [null, "a=1&_method=DELETE"],
    ["application/json", `{"a":"${long}","_method":"DELETE"}`],
    ["application/json", '{"\\u005fmethod":"DELETE"}'],
    ["application/json", '{"_method" :\n"DELETE"}'],
    ["application/json", '{"_method[x]":"DELETE"}'],
    [PARTS, named('"_method"', "DELETE")],
    [PARTS, named("_method", "DELETE")],
    [PARTS, named('"a"', long) + named('"_METHOD"')],
    [PARTS, part("content-type: text/plain\r\ncontent-disposition: form-data; name=_method")],
    [PARTS, part(`X: ${long}\r\nContent-Disposition: form-data; name="_method"`)],
    [PARTS, named('"_\\method"')],
    [PARTS, named('"=?utf-8?B?X21ldGhvZA==?="')],
    [PARTS, `--xyz\nContent-Disposition: form-data; name="_method"\n\nDELETE`],
    [PARTS, part(`X: ${"y".repeat(10_000)}`)],
  ])("%s: %.60s", (type, body) => expect(found(type, body, size)).toBe(true));

  it.each([
    [FORM, `payment_method=card&method=x&a=_method&pad=${long}`],
    [FORM, "_methods=1"],
    ["application/json", `{"payment_method":"card","a":"a _method","pad":"${long}"}`],
    ["application/json", '{"a":"_method","b":[".method","-method of payment"]}'],
    [PARTS, named('"payment_method"')],
    [PARTS, named('"page"', `<input name="_method">\r\n\r\n_method=${long}`)],
    [PARTS, named('"file"; filename="method.pdf"', long)],
    ["application/octet-stream", "_method=DELETE"],
  ])("harmless, %s: %.60s", (type, body) => expect(found(type, body, size)).toBe(false));

  it("is no matter of a method that is none of POST", () => {
    expect(found(FORM, "_method=DELETE", size, "PUT")).toBe(false);
  });
});

describe("what cannot be watched", () => {
  it.each([
    [head(FORM, "POST", "gzip"), 415],
    [head("application/json", "POST", "br"), 415],
    [head(`${FORM}; charset=utf-16`), 415],
    [head("multipart/form-data"), 400],
    [head("multipart/form-data; boundary=a; boundary=b"), 400],
    [head(FORM), undefined],
    [head(PARTS), undefined],
    [head("application/octet-stream", "POST", "gzip"), undefined],
    [head("application/x-ndjson", "POST", "gzip"), undefined],
    [head(FORM, "PUT", "gzip"), undefined],
    [head(null), undefined],
  ])("%j", (given, status) => expect(unwatchable(given)?.status).toBe(status));
});
