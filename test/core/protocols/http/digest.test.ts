import { expect, it } from "vitest";
import { digestHead, hexDigest } from "../../../../core/account.ts";
import { utf8 } from "../../../../core/bytes.ts";
import type { RequestHead } from "../../../../core/exchange.ts";
import { idleMasker } from "../../../../core/masking/masker.ts";
import { HttpEngine } from "../../../../core/protocols/http/engine.ts";
import type { ExchangeSpec, HttpResource } from "../../../../core/session.ts";
import { sampleSpec, seededCrypto } from "../../../support/values.ts";

const resource: HttpResource = {
  id: "res_00000000000000000000000001",
  name: "billing-api",
  type: "http",
  url: "http://127.0.0.1:8790",
  host: "127.0.0.1",
  credential: { kind: "none", mtls: null },
  forms: [],
  timeoutSeconds: 300,
  unreadable: "refuse",
  network: "private",
  labels: {},
} as unknown as HttpResource;
const spec = { ...sampleSpec(), resource } as ExchangeSpec;

type Asked = RequestHead & { readonly body: string };
const ASKED: Asked = {
  method: "POST",
  target: "/payments?a=1",
  headers: [
    ["content-type", "text/plain"],
    ["x-tenant", "7"],
  ],
  body: "amount=1",
};

function digestOf(over: Partial<Asked>, version = "pol_1", session = spec.id): string {
  const { body, ...head } = { ...ASKED, ...over };
  const described = new HttpEngine(resource, idleMasker, () => null).describe(1, head, utf8(body));
  if ("refuse" in described) throw new Error(described.refuse.message);
  const of = digestHead({ ...spec, id: session }, version);
  return hexDigest(described.command, of, seededCrypto());
}

it("an approval is bound to method, target, headers, body, session and policy", () => {
  const others = [
    digestOf({ method: "PUT" }),
    digestOf({ target: "/payments?a=2" }),
    digestOf({ target: "/payments?a=%31" }),
    digestOf({ target: "/payments" }),
    digestOf({ headers: ASKED.headers.slice(0, 1) }),
    digestOf({ headers: [...ASKED.headers, ["x-more", "1"]] }),
    digestOf({
      headers: [
        ["content-type", "text/plain"],
        ["x-tenant", "8"],
      ],
    }),
    digestOf({ body: "amount=2" }),
    digestOf({ body: "amount=1 " }),
    digestOf({ body: "" }),
    digestOf({}, "pol_2"),
    digestOf({}, "pol_1", "ses_00000000000000000000000002"),
  ];
  expect(new Set([digestOf({}), ...others]).size).toBe(others.length + 1);
  expect(digestOf({})).toBe(digestOf({}));
});

it("what never leaves is no part of it", () => {
  expect(digestOf({ headers: [...ASKED.headers, ["x-forwarded-for", "10.0.0.1"]] })).toBe(
    digestOf({}),
  );
});
