import { createHash } from "node:crypto";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";

export const ISSUER = "https://issuer.test";

type Asked = {
  person: string;
  nonce: string;
  challenge: string;
  redirectUri: string;
  how: JWTPayload;
};
type Person = { groups: string[]; active: boolean };

const json = (body: unknown, status = 200) => Response.json(body, { status });

/**
 * An OpenID provider in a value: what it says can be bent, so that each check of ours has something
 * to catch.
 */
export class FakeIssuer {
  readonly people = new Map<string, Person>([
    ["ada", { groups: ["engineers"], active: true }],
    ["rui", { groups: ["leads"], active: true }],
    ["ida", { groups: ["auditors"], active: true }],
    ["max", { groups: ["admins"], active: true }],
  ]);
  /** "up", "down" (connections fail) or "broken" (503). */
  health: "up" | "down" | "broken" = "up";
  groupsInUserinfo = false;
  givesRefreshTokens = true;
  /** Seconds since 1970 at which it asked who is there; null: it does not say. */
  authTime: number | null = null;
  /** Asks again where it is asked to; else it says what it knew. */
  asksAgain = true;
  /** Bends the claims of the next ID tokens. */
  bend: (claims: JWTPayload) => JWTPayload = (claims) => claims;
  /** What DNS over HTTPS says of names; `never` does not answer at all. */
  readonly addresses = new Map<string, string>();
  readonly asked: string[] = [];
  /** Lets go of what is never answered, once the test is over. */
  readonly waiting: (() => void)[] = [];
  /** What the token endpoint saw. */
  readonly seen: URLSearchParams[] = [];
  readonly #codes = new Map<string, Asked>();
  readonly #refresh = new Map<string, string>();
  readonly #keys = generateKeyPair("ES256", { extractable: true });
  #count = 0;

  /**
   * The person signs in with her browser: from the URL we sent her to, to the one she comes back
   * with.
   */
  signIn(url: URL, person: string): URL {
    const q = (name: string) => url.searchParams.get(name) ?? "";
    const code = `code-${++this.#count}`;
    const [nonce, challenge, redirectUri] = [q("nonce"), q("code_challenge"), q("redirect_uri")];
    if (q("max_age") === "0" && q("prompt") === "login" && this.asksAgain) {
      this.authTime = Math.floor(Date.now() / 1000);
    }
    const how = {
      ...(this.authTime !== null && { auth_time: this.authTime }),
      ...(q("acr_values") !== "" && { acr: q("acr_values") }),
    };
    this.#codes.set(code, { person, nonce, challenge, redirectUri, how });
    const back = new URL(redirectUri);
    for (const [k, v] of Object.entries({ code, state: q("state"), iss: ISSUER })) {
      back.searchParams.set(k, v);
    }
    return back;
  }

  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const { hostname, pathname, searchParams } = new URL(request.url);
    if (hostname === "cloudflare-dns.com") return this.#dns(searchParams);
    if (this.health === "down") throw new TypeError("fetch failed");
    if (this.health === "broken") return json({ error: "server_error" }, 503);
    if (pathname === "/.well-known/openid-configuration") return json(this.#metadata());
    if (pathname === "/jwks") {
      const { publicKey } = await this.#keys;
      return json({
        keys: [{ ...(await exportJWK(publicKey)), kid: "k1", alg: "ES256", use: "sig" }],
      });
    }
    if (pathname === "/userinfo") {
      const person = request.headers.get("authorization")?.replace("Bearer at-", "") ?? "";
      return json({ sub: person, groups: this.people.get(person)?.groups });
    }
    if (pathname === "/token") return this.#token(new URLSearchParams(await request.text()));
    return json({}, 404);
  };

  #dns(query: URLSearchParams): Promise<Response> {
    this.asked.push(query.get("name") ?? "");
    const data = this.addresses.get(query.get("name") ?? "");
    if (data === "never") {
      return new Promise((answer) => this.waiting.push(() => answer(json({}))));
    }
    const type = data?.includes(":") === true ? 28 : 1;
    const Answer = data === undefined || query.get("type") !== String(type) ? [] : [{ type, data }];
    return Promise.resolve(json({ Answer }));
  }

  async sign(claims: JWTPayload, header: { typ?: string } = {}): Promise<string> {
    const { privateKey } = await this.#keys;
    return new SignJWT(claims)
      .setProtectedHeader({ alg: "ES256", kid: "k1", ...header })
      .sign(privateKey);
  }

  #metadata() {
    return {
      issuer: ISSUER,
      authorization_endpoint: `${ISSUER}/auth`,
      token_endpoint: `${ISSUER}/token`,
      userinfo_endpoint: `${ISSUER}/userinfo`,
      jwks_uri: `${ISSUER}/jwks`,
      scopes_supported: ["openid", "profile", "groups", "offline_access"],
      id_token_signing_alg_values_supported: ["ES256"],
      authorization_response_iss_parameter_supported: true,
    };
  }

  async #token(fields: URLSearchParams): Promise<Response> {
    this.seen.push(fields);
    if (fields.get("grant_type") === "refresh_token") {
      const held = fields.get("refresh_token") ?? "";
      const person = this.#refresh.get(held);
      this.#refresh.delete(held);
      if (person === undefined || !this.people.get(person)?.active) {
        return json({ error: "invalid_grant" }, 400);
      }
      return this.#answer(person, {});
    }
    const asked = this.#codes.get(fields.get("code") ?? "");
    this.#codes.delete(fields.get("code") ?? "");
    const verifier = fields.get("code_verifier") ?? "";
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    if (asked?.challenge !== challenge || asked.redirectUri !== fields.get("redirect_uri")) {
      return json({ error: "invalid_grant" }, 400);
    }
    return this.#answer(asked.person, { nonce: asked.nonce, ...asked.how });
  }

  async #answer(person: string, more: JWTPayload): Promise<Response> {
    const seconds = Math.floor(Date.now() / 1000);
    const groups = this.people.get(person)?.groups ?? [];
    const claims = this.bend({
      iss: ISSUER,
      aud: "sluice",
      sub: person,
      preferred_username: person,
      iat: seconds,
      exp: seconds + 300,
      ...more,
      ...(this.groupsInUserinfo ? {} : { groups }),
    });
    const refresh = `rt-${++this.#count}`;
    this.#refresh.set(refresh, person);
    return json({
      access_token: `at-${person}`,
      token_type: "Bearer",
      expires_in: 300,
      id_token: await this.sign(claims),
      ...(this.givesRefreshTokens ? { refresh_token: refresh } : {}),
    });
  }
}
