import { createHash } from "node:crypto";
import { expect, it, test } from "vitest";
import {
  amzDate,
  type AwsRequest,
  awsAuthorization,
} from "../../../../core/protocols/http/sigv4.ts";
import { nodeCrypto } from "../../../../durable-objects/crypto.ts";

const KEY = {
  accessKey: "AKIDEXAMPLE",
  secretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  region: "us-east-1",
  service: "service",
};
const DATE = amzDate(Date.UTC(2015, 7, 30, 12, 36));
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

type Given = {
  readonly method?: string;
  readonly more?: AwsRequest["headers"];
  readonly payload?: string;
};

const authorization = (target: string, { method, more = [], payload }: Given, key = KEY) => {
  const [path = "", ...query] = target.split("?");
  const headers = [["Host", "example.amazonaws.com"], ["X-Amz-Date", DATE], ...more] as const;
  const search = query.length === 0 ? "" : `?${query.join("?")}`;
  const request = {
    method: method ?? "GET",
    path,
    search,
    headers,
    payload: payload ?? sha256(""),
  };
  return awsAuthorization(request, key, DATE, nodeCrypto);
};
const signature = (...given: Parameters<typeof authorization>) =>
  authorization(...given)
    .split("Signature=")
    .at(-1);

const UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const VANILLA = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
const STS =
  "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSP" +
  "fIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT" +
  "7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlz" +
  "m8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
const FORM: Given["more"] = [
  ["Content-Length", "13"],
  ["x-amz-content-sha256", sha256("Param1=value1")],
];
const POST = { method: "POST" };
const form = (type: string): Given => ({
  method: "POST",
  more: [...FORM, ["Content-Type", `application/x-www-form-urlencoded${type}`]],
  payload: sha256("Param1=value1"),
});
const own = (...values: readonly string[]): Given => ({
  more: values.map((value) => ["My-Header1", value]),
});

/** AWS's published test suite ("aws-signing-test-suite", v4), by its own names. */
test.for<[name: string, target: string, given: Given, signature: string]>([
  ["get-vanilla", "/", {}, VANILLA],
  ["get-vanilla-query", "/", {}, VANILLA],
  [
    "get-vanilla-empty-query-key",
    "/?Param1=value1",
    {},
    "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
  ],
  [
    "get-vanilla-query-order-key-case",
    "/?Param2=value2&Param1=value1",
    {},
    "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  ],
  [
    "get-vanilla-query-order-encoded",
    "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
    {},
    "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
  ],
  [
    "get-vanilla-query-unreserved",
    `/?${UNRESERVED}=${UNRESERVED}`,
    {},
    "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
  ],
  [
    "get-vanilla-utf8-query",
    "/?ሴ=bar",
    {},
    "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
  ],
  [
    "get-unreserved",
    `/${UNRESERVED}`,
    {},
    "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
  ],
  ["get-utf8", "/ሴ", {}, "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"],
  [
    "get-space",
    "/example space/",
    {},
    "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
  ],
  ["get-relative", "/example/..", {}, VANILLA],
  ["get-relative-relative", "/example1/example2/../..", {}, VANILLA],
  ["get-slash", "//", {}, VANILLA],
  ["get-slash-dot-slash", "/./", {}, VANILLA],
  [
    "get-slash-pointless-dot",
    "/./example",
    {},
    "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
  ],
  [
    "get-slashes",
    "//example//",
    {},
    "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
  ],
  [
    "get-header-key-duplicate",
    "/",
    own("value2", "value2", "value1"),
    "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
  ],
  [
    "get-header-value-order",
    "/",
    own("value4", "value1", "value3", "value2"),
    "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
  ],
  [
    "get-header-value-trim",
    "/",
    {
      more: [
        ["My-Header1", " value1"],
        ["My-Header2", ' "a   b   c"'],
      ],
    },
    "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
  ],
  [
    "get-vanilla-with-session-token",
    "/",
    {
      more: [
        [
          "X-Amz-Security-Token",
          "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267",
        ],
      ],
    },
    "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
  ],
  ["post-vanilla", "/", POST, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
  [
    "post-vanilla-query",
    "/?Param1=value1",
    POST,
    "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
  ],
  [
    "post-header-key-sort",
    "/",
    { ...POST, ...own("value1") },
    "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
  ],
  [
    "post-header-value-case",
    "/",
    { ...POST, ...own("VALUE1") },
    "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
  ],
  [
    "post-sts-header-before",
    "/",
    { ...POST, more: [["X-Amz-Security-Token", STS]] },
    "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
  ],
  [
    "post-x-www-form-urlencoded",
    "/",
    form(""),
    "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b",
  ],
  [
    "post-x-www-form-urlencoded-parameters",
    "/",
    form("; charset=utf-8"),
    "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422",
  ],
])("%s of AWS's test suite", ([, target, given, expected]) => {
  expect(signature(target, given)).toBe(expected);
});

it("says whose signature it is, for when and where, and over which headers", () => {
  expect(authorization("/", {})).toBe(
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, " +
      `SignedHeaders=host;x-amz-date, Signature=${VANILLA}`,
  );
});
