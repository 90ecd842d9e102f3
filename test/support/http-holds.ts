import { readFileSync } from "node:fs";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Plugin } from "esbuild";
import type { ExactCommand } from "../../core/api/exact.ts";
import type { RecordPage, RecordView } from "../../core/api/record.ts";
import type { ReviewView } from "../../core/api/review.ts";
import { bundleWorker } from "../../demo/bundle.ts";
import type { PersonName } from "../../demo/people.ts";
import { withBounds } from "../edge/edge.ts";
import { startTestDemo, type TestDemo } from "./demo.ts";
import { startUpstream, type Upstream } from "./http-upstream.ts";

const given = readFileSync(join(import.meta.dirname, "../../demo/sluice.yaml"), "utf8");

/** `/held…` waits for a lead, `/brief…` for a minute as it is here, `/two…` for two people. */
const GUARDRAILS = `  - { id: ask, resources: [billing-api, files], then: review,
      when: 'http.path.startsWith("/held")', reviewers: [leads], minutes: 1440 }
  - { id: brief, resources: [billing-api], when: 'http.path.startsWith("/brief")', then: review,
      reviewers: [leads], minutes: 1 }
  - { id: two, resources: [billing-api], when: 'http.path.startsWith("/two")', then: review,
      reviewers: [leads], minutes: 1440, approvals: 2 }`;

const filesAt = (url: string): string =>
  `  - { name: files, type: http, url: "${url}", network: private, unreadable: pass }`;

export const policyOf = (url: string): string =>
  given
    .replace("http://127.0.0.1:8790", url)
    .replace("grants:", `${filesAt(url)}\ngrants:`)
    .replace(/resources: \[shop-db, billing-api\]/g, "resources: [shop-db, billing-api, files]")
    .replace("  - id: no-vault", `${GUARDRAILS}\n  - id: no-vault`);

/** A rule's minute lasts two seconds. */
const shortMinutes: Plugin = {
  name: "short minutes",
  setup(builder) {
    builder.onLoad({ filter: /core\/policy\/guardrails\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      const contents = source.replace("review.minutes * 60", "review.minutes * 2");
      if (contents === source) throw new Error("There are no minutes to be shortened.");
      return { contents, loader: "ts" };
    });
  },
};

export type Asking = RequestInit & { readonly as?: PersonName; readonly of?: string };

/** The real gateway, a real service behind it, and the people who ask and decide. */
export class Holds {
  readonly upstream: Upstream;
  readonly demo: TestDemo;
  readonly #tokens = new Map<string, string>();

  private constructor(upstream: Upstream, demo: TestDemo) {
    this.upstream = upstream;
    this.demo = demo;
  }

  static async start(bounds: Readonly<Record<string, number>> = {}): Promise<Holds> {
    const modules = await bundleWorker(undefined, [shortMinutes, withBounds(bounds)]);
    const upstream = await startUpstream();
    const policy = policyOf(upstream.url);
    return new Holds(upstream, await startTestDemo({ policy, modules, log: () => {} }));
  }

  async stop(): Promise<void> {
    await this.demo.stop();
    await this.upstream.stop();
  }

  async token(as: PersonName): Promise<string> {
    const token = this.#tokens.get(as) ?? (await this.demo.token(as));
    this.#tokens.set(as, token);
    return token;
  }

  async call(path: string, asking: Asking = {}): Promise<Response> {
    const { as = "ada", of = "billing-api", headers, ...rest } = asking;
    const all = new Headers(headers);
    all.set("authorization", `Bearer ${await this.token(as)}`);
    return fetch(`${this.demo.url}/http/${of}${path}`, { ...rest, headers: all });
  }

  /** The request's bytes on a connection of its own, which the test ends as it likes. */
  async spoken(path: string, more: readonly string[] = []): Promise<Socket> {
    const socket = connect(Number(new URL(this.demo.url).port), "localhost");
    socket.on("error", () => {});
    await once(socket, "connect");
    const bearer = `Authorization: Bearer ${await this.token("ada")}`;
    const head = [`GET /http/billing-api${path} HTTP/1.1`, "Host: localhost", bearer, ...more];
    socket.write([...head, "", ""].join("\r\n"));
    return socket;
  }

  /** Asked with `Prefer: respond-async`. */
  later(path: string, asking: Asking = {}): Promise<Response> {
    const headers = new Headers(asking.headers);
    if (!headers.has("prefer")) headers.set("prefer", "respond-async");
    return this.call(path, { ...asking, headers });
  }

  async fetched(location: string, as: PersonName = "ada", method = "GET"): Promise<Response> {
    return fetch(location, {
      method,
      headers: { authorization: `Bearer ${await this.token(as)}` },
    });
  }

  /** Once nothing more is to come. */
  async result(location: string): Promise<Response> {
    for (;;) {
      const answer = await this.fetched(location);
      if (answer.headers.get("sluice-result") !== "waiting") return answer;
      await answer.text();
      await sleep(50);
    }
  }

  async api<T>(path: string, as: PersonName, init: RequestInit = {}): Promise<T> {
    const headers = {
      authorization: `Bearer ${await this.token(as)}`,
      "content-type": "application/json",
    };
    return (await fetch(`${this.demo.url}${path}`, { ...init, headers })).json() as Promise<T>;
  }

  /** What has become of a review, once it is over. */
  over(id: string): Promise<ReviewView> {
    return until(async () => {
      const now = await this.review(id);
      return now.state !== "pending" && now;
    });
  }

  review(id: string): Promise<ReviewView> {
    return this.api(`/api/reviews/${id}`, "rui");
  }

  /** The review of the request whose shown form holds that. */
  async pending(shown: string): Promise<ReviewView> {
    return until(async () => {
      const { items } = await this.api<{ items: ReviewView[] }>(
        "/api/reviews?state=pending&limit=100",
        "rui",
      );
      return items.find((review) => review.shown.includes(shown)) ?? null;
    });
  }

  approve(id: string): Promise<ReviewView> {
    return this.api(`/api/reviews/${id}/approve`, "rui", { method: "POST", body: "{}" });
  }

  reject(id: string, comment: string): Promise<ReviewView> {
    const body = JSON.stringify({ comment });
    return this.api(`/api/reviews/${id}/reject`, "rui", { method: "POST", body });
  }

  /** Of the service: how often it was asked for that. */
  calls(url: string): number {
    return this.upstream.seen.filter((one) => one.url === url).length;
  }

  async records(session: string): Promise<readonly RecordView[]> {
    const all: RecordView[] = [];
    for (let from: number | null = 1; from !== null;) {
      const path = `/api/sessions/${session}/records?from=${from}`;
      const page: RecordPage = await this.api(path, "ida");
      all.push(...page.items);
      from = page.next;
    }
    return all;
  }

  async exact(session: string): Promise<readonly ExactCommand[]> {
    const body = JSON.stringify({ reason: "a test of holds" });
    const path = `/api/sessions/${session}/exact`;
    return (await this.api<{ items: ExactCommand[] }>(path, "ida", { method: "POST", body })).items;
  }
}

export async function until<T>(look: () => Promise<T | null | false>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== null && found !== false) return found;
    await sleep(50);
  }
}
