import { base64, concat, text, utf8 } from "../../core/bytes.ts";
import type { UnixMs } from "../../core/decision.ts";
import {
  dialSeconds,
  tokenAnswerBytesMax,
  tokenDroppedSeconds,
  tokenKeptSecondsMax,
  tokenMarginSeconds,
  tokenUnstatedSeconds,
} from "../../core/limits.ts";
import { faultIn } from "../../core/protocols/http/credential.ts";
import { placeOf } from "../../core/policy/http-resource.ts";
import type { CredentialWay, Resource } from "../../core/session.ts";
import { mustReach, Unreachable } from "./reach.ts";

export type OauthClient = Omit<CredentialWay & { readonly kind: "oauth" }, "kind" | "clientSecret">;

type Token = { readonly value: string; readonly until: UnixMs };

/**
 * An access token for a target, by client credentials (RFC 6749 section 4.4): kept until shortly
 * before its end, and asked for once however many requests wait. One per resource and object.
 */
export class ClientCredentials {
  readonly #client: OauthClient;
  readonly #network: Resource["network"];
  readonly #secret: () => Promise<string>;
  #token: Token | null = null;
  #asking: Promise<string> | null = null;
  #droppedAt: UnixMs | null = null;

  /** `secret` opens the client's secret, for one question to the token end point each. */
  constructor(client: OauthClient, network: Resource["network"], secret: () => Promise<string>) {
    this.#client = client;
    this.#network = network;
    this.#secret = secret;
  }

  /** Throws Unreachable, which names the end point's host and never what was sent to it. */
  async token(): Promise<string> {
    const kept = this.#token;
    if (kept !== null && Date.now() < kept.until) return kept.value;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /**
   * The target did not take `token` (401): it is dropped. True: asking again may help. A target
   * that says so of every token costs the issuer one question each `tokenDroppedSeconds`.
   */
  forget(token: string): boolean {
    if (this.#token?.value !== token) return true;
    const now = Date.now();
    const since = now - (this.#droppedAt ?? Number.NEGATIVE_INFINITY);
    if (since < tokenDroppedSeconds * 1000) return false;
    this.#droppedAt = now;
    this.#token = null;
    return true;
  }

  async #ask(): Promise<string> {
    const { tokenUrl } = this.#client;
    const place = placeOf(tokenUrl);
    if (place === null) throw new Unreachable("The token end point is no https: address.");
    mustReach(place.host, this.#network);
    if (place.plain && this.#network !== "private") {
      throw new Unreachable(`A secret does not go to ${place.host} without TLS.`);
    }
    const asked = Date.now();
    const { value, seconds } = await askedOf(place.host, tokenUrl, await this.#request());
    const kept = Math.min(seconds, tokenKeptSecondsMax) - tokenMarginSeconds;
    this.#token = { value, until: asked + kept * 1000 };
    return value;
  }

  /** RFC 6749 sections 4.4.2 and 2.3.1. */
  async #request(): Promise<RequestInit> {
    const { clientId, scope, audience, auth } = this.#client;
    const secret = await this.#secret();
    const form = new URLSearchParams({ grant_type: "client_credentials" });
    if (scope !== undefined) form.set("scope", scope);
    if (audience !== undefined) form.set("audience", audience);
    const headers = new Headers({ accept: "application/json" });
    if (auth === "post") {
      form.set("client_id", clientId);
      form.set("client_secret", secret);
    } else {
      const pair = `${formEncoded(clientId)}:${formEncoded(secret)}`;
      headers.set("authorization", `Basic ${base64(utf8(pair))}`);
    }
    const signal = AbortSignal.timeout(dialSeconds * 1000);
    return { method: "POST", headers, body: form, redirect: "manual", signal };
  }
}

/** As a form has a value; both halves of the pair are encoded so, for either may hold a colon. */
const formEncoded = (value: string): string =>
  new URLSearchParams({ v: value }).toString().slice("v=".length);

async function askedOf(host: string, url: string, request: RequestInit) {
  const failed = (why: string) => new Unreachable(`The token end point at ${host} ${why}.`);
  let status: number;
  let body: Uint8Array | null;
  try {
    const answer = await fetch(url, request);
    status = answer.status;
    body = await bounded(answer);
  } catch {
    throw failed(`cannot be reached, or did not answer within ${dialSeconds} seconds`);
  }
  if (body === null) throw failed(`answered more than ${tokenAnswerBytesMax} bytes`);
  const said = objectIn(body);
  if (status !== 200) throw failed(`answered ${status}${errorIn(said)}`);
  const { access_token: value, token_type: type, expires_in: lasts } = said;
  // RFC 6749 section 7.1: a token of a type that one does not know must not be used.
  if (typeof type !== "string" || type.toLowerCase() !== "bearer") {
    throw failed("gave no bearer token");
  }
  if (typeof value !== "string" || faultIn(value, "word") !== null) {
    throw failed("gave a token that cannot stand in a header");
  }
  return { value, seconds: secondsIn(lasts) };
}

/** Null: it is over the bound, and the rest was not read. */
async function bounded(answer: Response): Promise<Uint8Array | null> {
  if (answer.body === null) return new Uint8Array();
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concat(parts);
    length += value.length;
    if (length > tokenAnswerBytesMax) {
      await reader.cancel();
      return null;
    }
    parts.push(value);
  }
}

function objectIn(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text(body));
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** RFC 6749 section 5.2 and RFC 8707. Any other text may be what we sent, and is not shown. */
const ERRORS: ReadonlySet<unknown> = new Set([
  "invalid_request",
  "invalid_client",
  "invalid_grant",
  "unauthorized_client",
  "unsupported_grant_type",
  "invalid_scope",
  "invalid_target",
]);
const errorIn = ({ error }: Readonly<Record<string, unknown>>): string =>
  ERRORS.has(error) ? `: ${String(error)}` : "";

/** Some issuers write the number as a text. */
function secondsIn(lasts: unknown): number {
  if (lasts === undefined || lasts === null) return tokenUnstatedSeconds;
  const seconds = typeof lasts === "string" && /^\d{1,9}$/.test(lasts) ? Number(lasts) : lasts;
  return typeof seconds === "number" && seconds >= 0 ? seconds : 0;
}
