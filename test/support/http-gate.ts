import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll } from "vitest";
import type { ExactCommand } from "../../core/api/exact.ts";
import type { RecordView } from "../../core/api/record.ts";
import { ROUTES } from "../../core/api/routes.ts";
import { bundleWorker, type Module } from "../../demo/bundle.ts";
import { type Gateway, startGateway } from "../../demo/gateway.ts";
import { type Issuer, startIssuer } from "../../demo/issuer.ts";
import type { PersonName } from "../../demo/people.ts";
import { freePort } from "../../demo/processes.ts";
import { signIn } from "../../demo/sign-in.ts";
import { startUpstream, type Upstream } from "./http-upstream.ts";

/** What the service wants to hear; nobody else ever may. */
export const CREDENTIAL = "canary-credential-6f1d0c2b";

export type HttpGateSettings = {
  /** `url`: of the service. */
  readonly policy: (url: string) => string;
  /** Another program than the deployed one. */
  readonly modules?: Module[];
};

/** The whole gateway before an HTTP service that keeps what it sees; no database beside it. */
export class HttpGate {
  readonly gateway: Gateway;
  readonly issuer: Issuer;
  readonly upstream: Upstream;
  /** What the Worker logged. */
  readonly log: readonly string[];
  readonly #folder: string;

  private constructor(
    gateway: Gateway,
    issuer: Issuer,
    upstream: Upstream,
    log: readonly string[],
    folder: string,
  ) {
    this.gateway = gateway;
    this.issuer = issuer;
    this.upstream = upstream;
    this.log = log;
    this.#folder = folder;
  }

  static async start({ policy, modules }: HttpGateSettings): Promise<HttpGate> {
    const stateDir = mkdtempSync(join(tmpdir(), "sluice-http-"));
    const log: string[] = [];
    const port = await freePort();
    const publicUrl = `http://localhost:${port}`;
    const upstream = await startUpstream();
    const issuer = await startIssuer({ port: await freePort(), publicUrl });
    const gateway = await startGateway({
      port,
      stateDir,
      publicUrl,
      vars: {
        OIDC_ISSUER: issuer.url,
        OIDC_CLIENT_ID: issuer.clientId,
        OIDC_CLIENT_SECRET: issuer.clientSecret,
        OIDC_GROUPS_CLAIM: "groups",
        ADMIN_GROUPS: "admins",
        HTTP_DOMAIN: "localhost",
      },
      modules: modules ?? (await bundleWorker()),
      log: (line) => void log.push(line),
    });
    const gate = new HttpGate(gateway, issuer, upstream, log, stateDir);
    await gate.put(ROUTES.putSecret.path.replace(":name", "service"), { value: CREDENTIAL });
    await gate.apply(policy(upstream.url));
    return gate;
  }

  get url(): string {
    return this.gateway.url;
  }

  async token(person: PersonName): Promise<string> {
    return (await signIn(this.url, person)).access_token;
  }

  apply(policy: string): Promise<void> {
    return this.put(ROUTES.apply.path, policy);
  }

  /** As max. Throws where the gateway refuses. */
  async put(path: string, value: unknown): Promise<void> {
    const type = typeof value === "string" ? "application/yaml" : "application/json";
    const headers = { authorization: `Bearer ${await this.token("max")}`, "content-type": type };
    const body = typeof value === "string" ? value : JSON.stringify(value);
    const answer = await fetch(`${this.url}${path}`, { method: "PUT", headers, body });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  }

  /** These bytes on a connection of their own, then our end of it; all that came back. */
  async raw(bytes: string | Buffer): Promise<Buffer> {
    const socket = connect(Number(new URL(this.url).port), "localhost");
    socket.on("error", () => {});
    socket.end(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
    return buffer(socket).catch(() => Buffer.alloc(0));
  }

  /** A session's records, as an auditor reads them. */
  async records(session: string): Promise<readonly RecordView[]> {
    const path = ROUTES.records.path.replace(":id", session);
    return this.#pages(async (from, headers) =>
      fetch(`${this.url}${path}?from=${from}`, { headers }),
    );
  }

  /** What was sent to the letter, as somebody reads it whom the policy lets unseal. */
  async exact(session: string): Promise<readonly ExactCommand[]> {
    const path = ROUTES.exact.path.replace(":id", session);
    return this.#pages(async (from, headers) => {
      const body = JSON.stringify({ reason: "a test", from });
      const typed = { ...headers, "content-type": "application/json" };
      return fetch(`${this.url}${path}`, { method: "POST", headers: typed, body });
    });
  }

  async #pages<T>(
    read: (from: number, headers: Record<string, string>) => Promise<Response>,
  ): Promise<readonly T[]> {
    const headers = { authorization: `Bearer ${await this.token("ida")}` };
    const all: T[] = [];
    for (let from: number | null = 1; from !== null;) {
      const answer = await read(from, headers);
      if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
      const page = (await answer.json()) as { items: T[]; next: number | null };
      all.push(...page.items);
      from = page.next;
    }
    return all;
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    await this.issuer.stop();
    await this.upstream.stop();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** One gate for all tests of a file. */
export function useHttpGate(settings: HttpGateSettings): () => HttpGate {
  let gate: HttpGate | undefined;
  beforeAll(async () => {
    gate = await HttpGate.start(settings);
  });
  afterAll(() => gate?.stop());
  return () => {
    if (gate === undefined) throw new Error("The gate runs inside tests only.");
    return gate;
  };
}
