import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { namedKeys, signingPair } from "../../store/keys.ts";
import { verifyAccessToken } from "../../worker/identity/tokens.ts";
import { settingsOf } from "../../worker/env.ts";
import { Gateway, key, PUBLIC_URL } from "./gateway.ts";

let gate: Gateway;
let signIn: string;
let real: string;
beforeAll(async () => {
  gate = await Gateway.start();
  real = (await gate.signIn("ada")).access_token;
  signIn = (await verifyAccessToken(settingsOf(gate.env), real, Date.now())).signIn;
});
afterAll(() => gate.stop());

const ours = (letter = "s") =>
  signingPair(namedKeys("SIGNING_KEYS", `s1:${key(letter)}`)[0], "token");
const seconds = () => Math.floor(Date.now() / 1000);
const HEADER = { alg: "EdDSA", typ: "at+sluice+jwt", kid: "s1" };

const good = (): JWTPayload => ({
  iss: PUBLIC_URL,
  aud: PUBLIC_URL,
  sub: "ada",
  name: "ada",
  groups: ["engineers"],
  kind: "person",
  sid: signIn,
  groups_at: seconds(),
  jti: "1",
  iat: seconds(),
  nbf: seconds(),
  exp: seconds() + 600,
});

type Forge = () => Promise<string> | string;
const signed = async (
  claims: (good: JWTPayload) => JWTPayload,
  header: Record<string, unknown> = {},
  signer?: CryptoKey | Uint8Array,
): Promise<string> =>
  new SignJWT(claims(good()))
    .setProtectedHeader({ ...HEADER, ...header })
    .sign(signer ?? (await ours()).privateKey, { crit: { x: true } });

const same = (claims: JWTPayload) => claims;
const cut = (name: string) => (claims: JWTPayload) => {
  const { [name]: _, ...rest } = claims;
  return rest;
};

const attacks: [string, Forge][] = [
  ["alg none", () => new UnsecuredJWT(good()).encode()],
  [
    "alg none with our header",
    () => {
      const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
      return `${part({ ...HEADER, alg: "none" })}.${part(good())}.`;
    },
  ],
  [
    "our public key as an HMAC secret",
    async () => signed(same, { alg: "HS256" }, (await ours()).publicBytes),
  ],
  [
    "another deployment's key under our id",
    async () => signed(same, {}, (await ours("x")).privateKey),
  ],
  [
    "the key that signs recordings",
    async () => {
      const [seed] = namedKeys("SIGNING_KEYS", `s1:${key("s")}`);
      return signed(same, {}, (await signingPair(seed, "recording")).privateKey);
    },
  ],
  ["an unknown key id", () => signed(same, { kid: "s2" })],
  ["a key id that is a path", () => signed(same, { kid: "../../dev/null" })],
  ["a key id that is SQL", () => signed(same, { kid: "s1' OR '1'='1" })],
  ["no key id", () => signed(same, { kid: undefined })],
  [
    "a key of its own in the header",
    async () => {
      const pair = await generateKeyPair("EdDSA", { extractable: true });
      return signed(same, { jwk: await exportJWK(pair.publicKey) }, pair.privateKey);
    },
  ],
  [
    "a key under an address in the header",
    async () => {
      const pair = await generateKeyPair("EdDSA");
      return signed(same, { jku: "https://evil.test/jwks" }, pair.privateKey);
    },
  ],
  ["an unknown critical header", () => signed(same, { crit: ["x"], x: 1 })],
  ["another typ", () => signed(same, { typ: "rt+sluice+jwt" })],
  ["a plain JWT's typ", () => signed(same, { typ: "JWT" })],
  ["no typ", () => signed(same, { typ: undefined })],
  ["another issuer", () => signed((claims) => ({ ...claims, iss: "https://other.test" }))],
  ["no issuer", () => signed(cut("iss"))],
  ["another audience", () => signed((claims) => ({ ...claims, aud: "https://other.test" }))],
  ["no audience", () => signed(cut("aud"))],
  ["no end", () => signed(cut("exp"))],
  ["an end that is text", () => signed((claims) => ({ ...claims, exp: "2099" as never }))],
  ["not yet valid", () => signed((claims) => ({ ...claims, nbf: seconds() + 60 }))],
  ["no beginning", () => signed(cut("nbf"))],
  ["the kind of the gateway itself", () => signed((claims) => ({ ...claims, kind: "sluice" }))],
  ["no groups", () => signed(cut("groups"))],
  ["a sign-in that never was", () => signed((claims) => ({ ...claims, sid: "tok_none" }))],
  ["a changed payload", () => real.replace(/\.(.)/, (_, c) => `.${c === "a" ? "b" : "a"}`)],
  ["a changed signature", () => `${real.slice(0, -8)}AAAAAAAA`],
  ["no signature", () => `${real.split(".").slice(0, 2).join(".")}.`],
  ["two tokens", () => `${real} ${real}`],
  ["nothing", () => ""],
];

describe("access tokens", () => {
  it("lets in what we signed, as the forgeries below would look if they were true", async () => {
    expect((await gate.get("/api/me", real)).status).toBe(200);
    expect((await gate.get("/api/me", await signed(same))).status).toBe(200);
  });

  it.each(attacks)("refuses %s", async (_, forge) => {
    const answer = await gate.get("/api/me", await forge());
    expect(answer.status).toBe(401);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect((await answer.json<{ code: string }>()).code).toBe("unauthenticated");
  });

  it("says that an old one has expired, so that the client refreshes", async () => {
    const old = await signed((claims) => ({ ...claims, exp: seconds() - 1 }));
    const answer = await gate.get("/api/me", old);
    expect([answer.status, (await answer.json<{ code: string }>()).code]).toEqual([
      401,
      "token_expired",
    ]);
  });

  it("is taken from the Authorization header alone", async () => {
    const cookie = { headers: { cookie: `token=${real}; sluice=${real}` } };
    expect((await gate.request(`/api/me?access_token=${real}`)).status).toBe(401);
    expect((await gate.request("/api/me", cookie)).status).toBe(401);
    const basic = { headers: { authorization: `Basic ${real}` } };
    expect((await gate.request("/api/me", basic)).status).toBe(401);
  });

  it("still opens with an older key after a rotation, and not after the key is gone", async () => {
    const rotated = { ...gate.env, SIGNING_KEYS: `s2:${key("t")},s1:${key("s")}` } as Env;
    const gone = { ...gate.env, SIGNING_KEYS: `s2:${key("t")}` } as Env;
    const now = Date.now();
    await expect(verifyAccessToken(settingsOf(rotated), real, now)).resolves.toBeTruthy();
    await expect(verifyAccessToken(settingsOf(gone), real, now)).rejects.toThrow();
  });
});
