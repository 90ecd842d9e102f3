import { text } from "node:stream/consumers";
import { CLI_CLIENT_ID, GRANT_TYPES } from "../core/api/oauth.ts";
import { ROUTES, type RouteName } from "../core/api/routes.ts";
import type { z } from "../core/zod.ts";
import { answered, jsonOrNull, notSignedIn, unreachable, usage } from "./failure.ts";
import { type Answer, send, sendForBytes, sendForStream } from "./http.ts";
import { askToken, metadataOf, OAuthRefusal, signInOf } from "./sign-in/oauth.ts";
import type { SignIn, SignInStore } from "./sign-in/store.ts";

/** A token that ends within this is not used any more: the request would arrive after it. */
const refreshAheadMs = 30_000;

/**
 * While a tunnel is open the sign-in is looked at this often, and renewed when less than two
 * minutes of its ten are left: its sessions last as long as the identity provider agrees.
 */
const lookEveryMs = 60_000;
const renewAheadMs = 120_000;

type AnswerOf<R extends RouteName> = z.infer<(typeof ROUTES)[R]["answer"]>;

export type CallOptions = {
  /** For `:x` in the path. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly json?: unknown;
  readonly yaml?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Null: none. Throws a Failure for what is none (RFC 6750 section 2.1), and quotes nothing. */
function givenToken(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (/^[\w.~+/-]+=*$/.test(text)) return text;
  throw usage("SLUICE_TOKEN does not hold a token.");
}

/** The gateway and who asks it: SLUICE_URL and SLUICE_TOKEN come before the stored sign-in. */
export class Gateway {
  /** An origin, without a slash at the end. */
  readonly url: string;
  readonly #givenToken: string | null;
  readonly #store: SignInStore;

  private constructor(url: string, givenToken: string | null, store: SignInStore) {
    this.url = url;
    this.#givenToken = givenToken;
    this.#store = store;
  }

  static async find(
    env: Readonly<Record<string, string | undefined>>,
    store: SignInStore,
  ): Promise<Gateway> {
    const url = env["SLUICE_URL"] ?? (await store.read())?.url;
    if (url === undefined) throw notSignedIn("Not signed in. Run `sluice login URL`.");
    return new Gateway(originOf(url), givenToken(env["SLUICE_TOKEN"]), store);
  }

  /** A token good for a request that is sent now. Throws a Failure with exit code 3. */
  async token(aheadMs = refreshAheadMs): Promise<string> {
    if (this.#givenToken !== null) return this.#givenToken;
    const stored = await this.#signIn();
    if (isFresh(stored, aheadMs)) return stored.accessToken;
    return this.#store.alone(async () => {
      const again = await this.#signIn();
      return isFresh(again, aheadMs) ? again.accessToken : await this.#refresh(again);
    });
  }

  /**
   * Renews the stored sign-in in time until the answer is called. A refusal is not told here: the
   * gateway ends the sessions, and says why. A token of SLUICE_TOKEN is its giver's to renew.
   */
  stayFresh(): () => void {
    if (this.#givenToken !== null) return () => {};
    const timer = setInterval(() => void this.token(renewAheadMs).catch(() => {}), lookEveryMs);
    return () => clearInterval(timer);
  }

  async #signIn(): Promise<SignIn> {
    const stored = await this.#store.read();
    if (stored?.url === this.url) return stored;
    throw notSignedIn(`Not signed in to ${this.url}. Run \`sluice login ${this.url}\`.`);
  }

  async #refresh(stored: SignIn): Promise<string> {
    if (stored.refreshToken === null) throw notSignedIn(signInAgain);
    const { token_endpoint } = await metadataOf(this.url);
    try {
      const answer = await askToken(token_endpoint, {
        grant_type: GRANT_TYPES.refresh,
        refresh_token: stored.refreshToken,
        client_id: CLI_CLIENT_ID,
      });
      const next = signInOf(this.url, answer, stored);
      await this.#store.write(next);
      return next.accessToken;
    } catch (error) {
      if (error instanceof OAuthRefusal) throw notSignedIn(signInAgain);
      throw error;
    }
  }

  /** Calls a route of `core/api` and checks the answer against its schema. */
  async call<R extends RouteName>(route: R, options: CallOptions = {}): Promise<AnswerOf<R>> {
    const { method, path, answer } = ROUTES[route];
    const { status, body } = await this.#send(method, fill(path, options), options);
    if (status < 200 || status > 299) throw answered(status, body);
    const parsed = (answer as z.ZodType).safeParse(jsonOrNull(body));
    if (parsed.success) return parsed.data as AnswerOf<R>;
    throw unreachable(this.url, `its answer to ${method} ${path} cannot be read; update sluice`);
  }

  /** A file of any size behind a path, as it comes. */
  async file(path: string): Promise<AsyncIterable<Uint8Array>> {
    const headers = { authorization: `Bearer ${await this.token()}` };
    const { status, body } = await sendForStream(`${this.url}${path}`, { headers });
    if (status === 200) return body;
    throw answered(status, await text(body));
  }

  /** The bytes behind a path: chunks of a recording. */
  async bytes(path: string): Promise<Uint8Array> {
    const headers = { authorization: `Bearer ${await this.token()}` };
    const { status, bytes } = await sendForBytes(`${this.url}${path}`, { headers });
    if (status !== 200) throw answered(status, new TextDecoder().decode(bytes));
    return bytes;
  }

  async #send(method: string, path: string, options: CallOptions): Promise<Answer> {
    const headers: Record<string, string> = {
      accept: "application/json",
      authorization: `Bearer ${await this.token()}`,
      ...options.headers,
    };
    const body = options.yaml ?? (options.json === undefined ? null : JSON.stringify(options.json));
    if (options.yaml !== undefined) headers["content-type"] = "application/yaml";
    else if (body !== null) headers["content-type"] = "application/json";
    return send(`${this.url}${path}`, { method, headers, body });
  }
}

const signInAgain = "Your sign-in is over. Run `sluice login`.";

const isFresh = (signIn: SignIn, aheadMs: number): boolean =>
  signIn.accessTokenExpiresAt - Date.now() > aheadMs;

function fill(path: string, { path: values = {}, query = {} }: CallOptions): string {
  const filled = path.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(values[name] as string),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? filled : `${filled}?${search.toString()}`;
}

/** https everywhere, http on loopback only: a bearer token is worth its session. */
export function originOf(given: string): string {
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    throw usage(`${given} is not a URL.`);
  }
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && loopback)) {
    throw usage(`${given}: the gateway's address must begin with https://.`);
  }
  return url.origin;
}
