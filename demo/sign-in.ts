import { createHash, randomBytes } from "node:crypto";
import { CLI_CLIENT_ID, GRANT_TYPES, type TokenAnswer, tokenAnswer } from "../core/api/oauth.ts";
import type { PersonName } from "./people.ts";

/** Nobody listens there: the walk ends where the browser would be sent to it. */
const redirectUri = "http://127.0.0.1:9/callback";
const stepsMax = 12;

/**
 * The sign-in of `sluice login` against the demo, with this function as the browser: to the
 * gateway, to the OpenID provider, through its form, and back (RFC 8252, RFC 7636).
 */
export async function signIn(gateway: string, person: PersonName): Promise<TokenAnswer> {
  const verifier = randomBytes(32).toString("base64url");
  const state = randomBytes(16).toString("base64url");
  const query = new URLSearchParams({
    response_type: "code",
    client_id: CLI_CLIENT_ID,
    redirect_uri: redirectUri,
    state,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  const back = await new Browser(person).walk(`${gateway}/oauth/authorize?${query.toString()}`);
  const code = back.searchParams.get("code");
  if (code === null || back.searchParams.get("state") !== state) {
    throw new Error(`The sign-in failed: ${back.searchParams.get("error") ?? back.href}`);
  }
  const grant = { grant_type: GRANT_TYPES.code, client_id: CLI_CLIENT_ID };
  const answer = await fetch(`${gateway}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      ...grant,
      code,
      code_verifier: verifier,
      redirect_uri: redirectUri,
    }),
  });
  if (!answer.ok) throw new Error(`The gateway gave no token: ${await answer.text()}`);
  return tokenAnswer.parse(await answer.json());
}

/** As much of a browser as signing in takes: redirects, cookies by host, one form. */
export class Browser {
  readonly #person: PersonName;
  readonly #cookies = new Map<string, Map<string, string>>();

  constructor(person: PersonName) {
    this.#person = person;
  }

  /** Signs in to the gateway's own pages; the Cookie header that they send from then on. */
  async signIn(gateway: string): Promise<string> {
    const back = await this.walk(`${gateway}/auth/login`, `${gateway}/oauth/callback`);
    await this.#load(back, null);
    return this.#cookieFor(new URL(gateway).host);
  }

  /** Follows to `back`, the loopback address that the start names, and answers what it is sent. */
  async walk(
    start: string,
    back = new URL(start).searchParams.get("redirect_uri") ?? "",
  ): Promise<URL> {
    let at = new URL(start);
    let form: URLSearchParams | null = null;
    for (let step = 0; step < stepsMax; step++) {
      const response = await this.#load(at, form);
      const location = response.headers.get("location");
      if (location !== null) {
        at = new URL(location, at);
        form = null;
        if (at.href.startsWith(back)) return at;
      } else if (response.ok && form === null) {
        form = new URLSearchParams({ person: this.#person });
      } else {
        throw new Error(`${at.origin}${at.pathname} answered ${response.status}`);
      }
    }
    throw new Error(`The sign-in goes round in circles at ${at.origin}${at.pathname}`);
  }

  async #load(url: URL, form: URLSearchParams | null): Promise<Response> {
    const jar = this.#cookies.get(url.host) ?? new Map<string, string>();
    this.#cookies.set(url.host, jar);
    const response = await fetch(url, {
      redirect: "manual",
      headers: { cookie: this.#cookieFor(url.host) },
      ...(form === null ? {} : { method: "POST", body: form }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      jar.set(name, value);
    }
    return response;
  }

  #cookieFor(host: string): string {
    const jar = this.#cookies.get(host) ?? new Map<string, string>();
    return [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
  }
}
