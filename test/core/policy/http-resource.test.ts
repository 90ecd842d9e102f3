import { describe, expect, it, test } from "vitest";
import { credentialSchema, placeOf, secretsOf } from "../../../core/policy/http-resource.ts";
import { readYaml } from "../../../core/policy/yaml.ts";
import { GATE_SECRETS } from "../../../core/session.ts";
import { z } from "../../../core/zod.ts";
import { read } from "../../support/tidy/tree.ts";

const parse = (yaml: string) => credentialSchema.safeParse(readYaml(yaml).value);

/** `PATH: MESSAGE` of each error. */
const errors = (yaml: string): readonly string[] =>
  (parse(yaml).error?.issues ?? []).map(({ path, message }) =>
    [...path.map(String), message].join(": "),
  );

const token = { secret: "billing-token" };
const OAUTH = "tokenUrl: https://id.test/token, clientId: gate, clientSecret: { secret: s }";
const AWS = "region: us-east-1, service: s3, accessKey: AKIDEXAMPLE, secretKey: { secret: k }";

describe("a credential", () => {
  test.for<[yaml: string, way: unknown, secrets: readonly unknown[]]>([
    ["{ bearer: { env: TOKEN } }", { kind: "bearer", token: { env: "TOKEN" } }, [{ env: "TOKEN" }]],
    [
      "{ basic: { user: gate, password: { secret: billing-token } } }",
      { kind: "basic", user: "gate", password: token },
      [token],
    ],
    [
      "{ header: Authorization, value: { secret: billing-token } }",
      { kind: "header", name: "Authorization", value: token, prefix: "" },
      [token],
    ],
    [
      '{ header: Authorization, value: { secret: billing-token }, prefix: "Token " }',
      { kind: "header", name: "Authorization", value: token, prefix: "Token " },
      [token],
    ],
    [
      "{ query: api_key, value: { secret: billing-token } }",
      { kind: "query", name: "api_key", value: token },
      [token],
    ],
    [
      `{ oauth: { ${OAUTH}, scope: a b, audience: "urn:x", auth: post } }`,
      {
        kind: "oauth",
        tokenUrl: "https://id.test/token",
        clientId: "gate",
        clientSecret: { secret: "s" },
        scope: "a b",
        audience: "urn:x",
        auth: "post",
      },
      [{ secret: "s" }],
    ],
    [
      `{ aws: { ${AWS}, sessionToken: { env: T } } }`,
      {
        kind: "aws",
        region: "us-east-1",
        service: "s3",
        accessKey: "AKIDEXAMPLE",
        secretKey: { secret: "k" },
        sessionToken: { env: "T" },
      },
      [{ secret: "k" }, { env: "T" }],
    ],
  ])("%s", ([yaml, way, secrets]) => {
    const parsed = parse(yaml);
    expect(errors(yaml)).toEqual([]);
    expect(parsed.data).toEqual({ way, mtls: null });
    expect(secretsOf(parsed.data!)).toEqual(secrets);
    expect(parse(yaml.replace(/\}$/, ", mtls: CLIENT }")).data).toEqual({ way, mtls: "CLIENT" });
  });

  it("is a certificate alone", () => {
    expect(parse("{ mtls: CLIENT }").data).toEqual({ way: null, mtls: "CLIENT" });
    expect(secretsOf({ way: null, mtls: "CLIENT" })).toEqual([]);
  });

  it("of OAuth sends its secret in a header unless it says otherwise", () => {
    expect(parse(`{ oauth: { ${OAUTH} } }`).data?.way).toHaveProperty("auth", "basic");
  });
});

const one =
  "a credential is one of bearer, basic, header, query, oauth and aws; mtls may stand beside it";
const shape = "a secret is { secret: NAME } or { env: NAME }, never the text itself";
const ofGate = "a secret of the gateway's own";
const value = "value: { secret: x }";

describe("what is no credential", () => {
  it.each([
    ["{}", one],
    ["{ bearer: { secret: x }, basic: { user: a, password: { secret: x } } }", one],
    ["{ header: a, query: b, value: { secret: x } }", one],
    ["{ header: x-key }", "header needs a value"],
    ["{ query: key }", "query needs a value"],
    ["{ bearer: { secret: x }, value: { secret: y } }", "value: a value stands beside header or"],
    ["{ query: k, value: { secret: y }, prefix: a }", "prefix: a prefix stands beside header"],
    ["{ bearer: hunter2 }", `bearer: ${shape}`],
    ["{ bearer: { secret: x, env: Y } }", `bearer: ${shape}`],
    ["{ bearer: { env: SIGNING_KEYS } }", `bearer: ${ofGate}`],
    ["{ basic: { user: a, password: { env: SEALING_KEYS } } }", `basic: password: ${ofGate}`],
    ["{ basic: { user: 'a:b', password: { secret: x } } }", "basic: user: a colon would end"],
    [`{ basic: { user: "a\\nb", password: { secret: x } } }`, "basic: user: one line"],
    [`{ header: "x: y", ${value} }`, "header: not a header's name"],
    [`{ header: "x\\r\\ny", ${value} }`, "header: not a header's name"],
    [`{ header: "", ${value} }`, "header: not a header's name"],
    [`{ header: Ünicode, ${value} }`, "header: not a header's name"],
    [`{ header: x, ${value}, prefix: " a" }`, "prefix: visible ASCII"],
    [`{ header: x, ${value}, prefix: "a\\n" }`, "prefix: visible ASCII"],
    [`{ query: "a&b", ${value} }`, "query: letters"],
    ["{ mtls: a-b }", "mtls: not a binding's name"],
    ["{ barer: { secret: x } }", 'Unrecognized key: "barer"'],
    [`{ aws: { ${AWS.replace("s3", "S3")} } }`, "aws: service: not a service"],
    [`{ aws: { ${AWS.replace("AKIDEXAMPLE", "a/b")} } }`, "aws: accessKey: not an access key's id"],
    [`{ oauth: { ${OAUTH}, scope: a  b } }`, "oauth: scope: words by single spaces"],
  ])("%s", (yaml, message) => expect(errors(yaml)[0]).toContain(message));

  it.each([
    "Host",
    "content-length",
    "Transfer-Encoding",
    "CONNECTION",
    "Content-Type",
    "Proxy-Authorization",
    "TE",
    "upgrade",
    "Expect",
  ])("%s frames a message", (name) => {
    const message = "header: a header that frames a message carries no credential";
    expect(errors(`{ header: ${name}, ${value} }`)).toEqual([message]);
  });

  it.each(["Sluice-Session", "CF-Connecting-IP", "X-Forwarded-For", "Forwarded", "Via"])(
    "%s is the way's",
    (name) => {
      const message = "header: a header that the way sets carries no credential";
      expect(errors(`{ header: ${name}, ${value} }`)).toEqual([message]);
    },
  );

  it.each([
    "ftp://id.test/",
    "//id.test/token",
    "https://",
    "https://user:pass@id.test/token",
    "https://id.test/token#part",
    "https://id.test\\@evil.test/",
    "https://id.test:port/",
    "https://id.test/a b",
    "https://ïd.test/",
    "https://id.test%2eevil.test/",
  ])("%s is no token end point", (url) => {
    const yaml = `{ oauth: { ${OAUTH.replace("https://id.test/token", JSON.stringify(url))} } }`;
    expect(errors(yaml)).toEqual([
      "oauth: tokenUrl: an https: address without a user or a fragment",
    ]);
  });
});

it.each([
  ["https://id.test/token?x=1", { host: "id.test", plain: false }],
  ["HTTP://127.0.0.1:8080/token", { host: "127.0.0.1", plain: true }],
  ["https://[fd00::1]:8443", { host: "[fd00::1]", plain: false }],
  ["https://010.0.0.1/", { host: "010.0.0.1", plain: false }],
])("%s leads to its host as it is written", (url, place) => expect(placeOf(url)).toEqual(place));

it("has a description of every key, and a JSON schema for editors", () => {
  const { properties } = z.toJSONSchema(credentialSchema, { io: "input" });
  const silent = (of: object, path: string): string[] =>
    Object.entries(of as Record<string, { description?: string; properties?: object }>).flatMap(
      ([key, { description, properties = {} }]) => [
        ...(description === undefined ? [`${path}${key}`] : []),
        ...silent(properties, `${path}${key}.`),
      ],
    );
  expect(silent(properties ?? {}, "")).toEqual([]);
  expect(Object.keys(properties ?? {})).toContain("bearer");
});

it("knows the secrets of the gateway's own by the names that wrangler.toml has", () => {
  const [, required = ""] = /^required = \[([\s\S]*?)^\]/m.exec(read("wrangler.toml")) ?? [];
  expect(GATE_SECRETS).toEqual(new Set([...required.matchAll(/"(\w+)"/g)].map(([, name]) => name)));
});
