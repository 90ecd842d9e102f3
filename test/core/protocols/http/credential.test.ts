import { createHash } from "node:crypto";
import { describe, expect, it, test } from "vitest";
import {
  credited,
  faultIn,
  type HttpCredential,
  type RequestHead,
} from "../../../../core/protocols/http/credential.ts";
import { nodeCrypto } from "../../../../durable-objects/crypto.ts";

const NOW = Date.UTC(2015, 7, 30, 12, 36);
const EMPTY = createHash("sha256").digest("hex");
const HEAD: RequestHead = {
  method: "GET",
  path: "/customers/7",
  search: "?page=2",
  host: "billing.internal",
  headers: [["accept", "*/*"]],
};
const AWS: HttpCredential = {
  kind: "aws",
  accessKey: "AKIDEXAMPLE",
  secretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  sessionToken: null,
  region: "us-east-1",
  service: "execute-api",
};

const sent = (credential: HttpCredential | null, over: Partial<RequestHead> = {}, body = EMPTY) =>
  credited({ ...HEAD, ...over }, body, credential, NOW, nodeCrypto);

describe("a credential in a header", () => {
  test.for<[HttpCredential, string, string]>([
    [{ kind: "bearer", token: "t0ken" }, "authorization", "Bearer t0ken"],
    // RFC 7617 section 2, and section 2.1 for what is not ASCII.
    [
      { kind: "basic", user: "Aladdin", password: "open sesame" },
      "authorization",
      "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
    ],
    [{ kind: "basic", user: "test", password: "123£" }, "authorization", "Basic dGVzdDoxMjPCow=="],
    [{ kind: "header", name: "X-Api-Key", value: "Token a b" }, "X-Api-Key", "Token a b"],
    [{ kind: "header", name: "Cookie", value: "session=1" }, "Cookie", "session=1"],
  ])("%o", ([credential, name, value]) => {
    const headers = [
      ["accept", "*/*"],
      [name, value],
    ];
    expect(sent(credential)).toEqual({ search: "?page=2", headers });
  });

  it.each(["x-api-key", "X-API-KEY", "X_Api_Key"])("replaces the client's %s", (name) => {
    const headers = [[name, "mine"] as const, ["accept", "*/*"] as const];
    const credential = { kind: "header", name: "X-Api-Key", value: "ours" } as const;
    const expected = [headers[1], ["X-Api-Key", "ours"]];
    expect(sent(credential, { headers })).toEqual({ search: "?page=2", headers: expected });
  });

  test.for<HttpCredential>([
    { kind: "bearer", token: "a\r\nx-admin: 1" },
    { kind: "bearer", token: "a\n" },
    { kind: "bearer", token: "tökén" },
    { kind: "header", name: "x-key", value: "a\0b" },
    { kind: "header", name: "x-key", value: "" },
    { kind: "basic", user: "a:b", password: "c" },
    { ...AWS, accessKey: "AK\nID" },
  ])("is never sent where it would break the request: %o", (credential) => {
    const secret = "token" in credential ? credential.token : "x-admin";
    expect(() => sent(credential)).toThrow(/credential|colon/);
    expect(() => sent(credential)).not.toThrow(secret);
  });
});

it.each([
  null,
  AWS,
  { kind: "query", name: "key", value: "x" } as const,
  { kind: "header", name: "x-key", value: "x" } as const,
])("what the client says of itself to the gate never passes, with %o", (credential) => {
  const own = ["Authorization", "Proxy-Authorization", "Cookie", "Host", "authoriZation"];
  const answer = sent(credential, { headers: own.map((name) => [name, "the client's"]) });
  expect(JSON.stringify(answer)).not.toContain("the client's");
});

describe("a credential in the query", () => {
  const credential = { kind: "query", name: "api_key", value: "a b&c=é" } as const;

  it.each([
    ["", "?api_key=a%20b%26c%3D%C3%A9"],
    ["?", "?api_key=a%20b%26c%3D%C3%A9"],
    ["?page=2", "?page=2&api_key=a%20b%26c%3D%C3%A9"],
    ["?page=2&", "?page=2&api_key=a%20b%26c%3D%C3%A9"],
    ["?my_api_key=1&x=api_key", "?my_api_key=1&x=api_key&api_key=a%20b%26c%3D%C3%A9"],
    ["?%25ab=1", "?%25ab=1&api_key=a%20b%26c%3D%C3%A9"],
  ])("after %j", (search, expected) => {
    expect(sent(credential, { search })).toEqual({ search: expected, headers: HEAD.headers });
  });

  it.each([
    "?api_key=mine",
    "?a=1&api_key",
    "?API_KEY=1",
    "?a=1&Api_Key=1",
    "?%61pi_key=1",
    "?api%5Fkey=1",
    "?api%255Fkey=1",
    "?api%25255Fkey=1",
    "?ap%69%5fkey=1",
    "?%EF%BD%81pi_key=1",
    "?a=1;api_key=1",
    "?api_key[]=1",
    "?api_key%5B%5D=1",
    "?api.key=1",
    "?api+key=1",
    "?+api_key=1",
    "?api_key%00x=1",
  ])("is not beside the client's own in %j", (search) => {
    const wrong = "The parameter api_key is the gateway's to set.";
    expect(sent(credential, { search })).toEqual({ wrong });
  });

  it("is not beside a name that nobody can read", () => {
    const wrong = "The query is not UTF-8.";
    expect(sent(credential, { search: "?api%FFkey=1" })).toEqual({ wrong });
  });
});

describe("a request to AWS", () => {
  const value = (answer: ReturnType<typeof sent>, name: string) =>
    "wrong" in answer ? answer.wrong : new Headers(answer.headers as [string, string][]).get(name);

  it("has its date, its body's hash and its signature over host, type and what is AWS's", () => {
    const headers = [
      ["Content-Type", "text/plain"],
      ["User-Agent", "curl"],
      ["X-Amz-Target", "T"],
    ] as const;
    const answer = sent(AWS, { headers });
    expect(value(answer, "x-amz-date")).toBe("20150830T123600Z");
    expect(value(answer, "x-amz-content-sha256")).toBe(EMPTY);
    expect(value(answer, "x-amz-security-token")).toBeNull();
    expect(value(answer, "user-agent")).toBe("curl");
    const [scope, names, signature] = value(answer, "authorization")?.split(", ") ?? [];
    expect(scope).toMatch(/^AWS4-HMAC-SHA256 .*\/20150830\/us-east-1\/execute-api\/aws4_request$/);
    expect(names).toMatch(/=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-target$/);
    expect(signature).toMatch(/^Signature=[\da-f]{64}$/);
  });

  /** As botocore 1.43 signs the same, service by service. */
  it.each([
    ["s3", "/b/a%20%C3%A9/x", "773acc3188d6bbe7799d85a8a0e727f153d03628892f25a135e5af60b7340f07"],
    [
      "execute-api",
      "/b/a%20%C3%A9/x",
      "d8e6fc0c2c0fb331cac53f8fd6fbcf2995aec1ef8b783077cac1f2891a8a693c",
    ],
  ])("of %s is signed as botocore signs it", (service, path, signature) => {
    const key = { ...AWS, service, sessionToken: "tok/en==" };
    const headers = [
      ["x-amz-meta-a", "  b   c "],
      ["X-Amz-Meta-A", "d"],
    ] as const;
    const search = "?b=2&a=%2F&a=1";
    const answer = sent(key, { path, search, headers, host: "x.test:8443" }, "UNSIGNED-PAYLOAD");
    expect(value(answer, "authorization")?.split("Signature=").at(-1)).toBe(signature);
  });

  it("replaces what the client's own kit computed", () => {
    const mine = [
      ["X-Amz-Date", "20100101T000000Z"],
      ["X-Amz-Security-Token", "mine"],
      ["x_amz_content_sha256", "0".repeat(64)],
      ["Authorization", "AWS4-HMAC-SHA256 mine"],
    ] as const;
    expect(sent(AWS, { headers: mine })).toEqual(sent(AWS, { headers: [] }));
    const ours = sent({ ...AWS, sessionToken: "ours" }, { headers: mine });
    expect(value(ours, "x-amz-security-token")).toBe("ours");
  });

  it("signs headers of one name as they are sent, in one line", () => {
    const two = [
      ["X-Amz-Meta-A", "1"],
      ["x-amz-meta-a", "2"],
    ] as const;
    expect(sent(AWS, { headers: two })).toEqual(sent(AWS, { headers: [["x-amz-meta-a", "1, 2"]] }));
  });

  it("keeps a body in unsigned pieces as it is, and refuses one in pieces that are signed", () => {
    const pieces = (word: string) => sent(AWS, { headers: [["X-Amz-Content-Sha256", word]] });
    const trailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
    expect(value(pieces(trailer), "x-amz-content-sha256")).toBe(trailer);
    expect(pieces("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")).toHaveProperty("wrong");
  });

  it.each(["?X-Amz-Signature=1", "?x%2Damz-credential=1", "?AWSAccessKeyId=1"])(
    "carries no other signature: %s",
    (search) => expect(sent(AWS, { search })).toHaveProperty("wrong"),
  );

  it.each(["/a+b", "/%FF", "/%zz"])("to S3 has no path that is read in two ways: %s", (path) => {
    expect(sent({ ...AWS, service: "s3" }, { path })).toHaveProperty("wrong");
  });

  it.each(["/a!(b)", "/a%21%28b%29", "/a%21(b%29"])(
    "to S3 has one signature for %s, however it is escaped",
    (path) => {
      const s3 = { ...AWS, service: "s3" };
      expect(sent(s3, { path })).toEqual(sent(s3, { path: "/a!(b)" }));
    },
  );
});

describe("what is wrong with a secret", () => {
  it.each([
    ["", "text", "is empty"],
    ["hunter2\n", "text", "ends with a line break"],
    ["hunter2\r\n", "word", "ends with a line break"],
    ["a\nb", "field", "has a line break or another control character"],
    ["a\0b", "text", "has a line break or another control character"],
    ["a\tb", "field", "has a line break or another control character"],
    ["é", "field", "has characters that are not ASCII"],
    [" a", "field", "begins or ends with a space"],
    ["a b", "word", "has a space"],
    ["a b", "field", null],
    ["é b", "text", null],
    ["t0ken", "word", null],
  ] as const)("%j as %s", (value, place, fault) => expect(faultIn(value, place)).toBe(fault));
});
