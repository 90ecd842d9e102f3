import { credited, type Header } from "../../../core/protocols/http/credential.ts";
import { nodeCrypto } from "../../../durable-objects/crypto.ts";
import {
  fetcherOf,
  type GivenCredential,
  openCredential,
  tokensOf,
} from "../../../durable-objects/upstream/http-credential.ts";
import type { ClientCredentials } from "../../../durable-objects/upstream/oauth.ts";

type Env = { readonly TARGETS: DurableObjectNamespace; readonly SEALING_KEYS: string };

export type Call = {
  readonly given: GivenCredential;
  /** Origin and path. */
  readonly url: string;
  readonly search: string;
  readonly headers: readonly Header[];
};

/** An object that does with a credential what an HTTP resource's does: nothing else. */
export class TargetObject {
  readonly #env: Env;
  #tokens: ClientCredentials | null = null;

  constructor(_: DurableObjectState, env: Env) {
    this.#env = env;
  }

  async fetch(request: Request): Promise<Response> {
    const call: Call = await request.json();
    this.#tokens ??= tokensOf(this.#env, call.given);
    try {
      const { token, answer } = await this.#send(call);
      if (token === null || answer.status !== 401) return answer;
      return this.#tokens?.forget(token) === true ? (await this.#send(call)).answer : answer;
    } catch (error) {
      return new Response((error as Error).message, { status: 502 });
    }
  }

  async #send({ given, url, search, headers }: Call) {
    const credential = await openCredential(this.#env, given, this.#tokens);
    const { pathname: path, host } = new URL(url);
    const head = { method: "GET", path, search, host, headers };
    const sent = credited(head, "UNSIGNED-PAYLOAD", credential, Date.now(), nodeCrypto);
    const token = credential?.kind === "bearer" ? credential.token : null;
    if ("wrong" in sent) return { token, answer: new Response(sent.wrong, { status: 400 }) };
    const send = fetcherOf(this.#env, given.resource.credential.mtls);
    const init = { headers: sent.headers.map((pair) => [...pair]), redirect: "manual" } as const;
    return { token, answer: await send(`${url}${sent.search}`, init) };
  }
}

/** `/NAME` is the object's. */
export default {
  fetch: (request: Request, { TARGETS }: Env): Promise<Response> =>
    TARGETS.get(TARGETS.idFromName(new URL(request.url).pathname)).fetch(request),
};
