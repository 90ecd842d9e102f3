import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { startTestDemo, type TestDemo } from "./demo.ts";
import { startUpstream, type Upstream } from "./http-upstream.ts";

/** The demo's policy with three services more; nothing is masked. `live` has no base path. */
const hostsPolicy = (url: string): string => {
  const file = readFileSync(join(import.meta.dirname, "../../demo/sluice.yaml"), "utf8");
  const service = (name: string, base: string, more = "") =>
    `  - { name: ${name}, type: http, url: "${url}${base}", network: private${more} }\n`;
  const origins = ', origins: ["https://app.example"], labels: { env: demo }';
  return file
    .replace(
      "grants:\n",
      `${service("pages", "/base", origins)}${service("other", "/base")}` +
        `${service("live", "", origins)}\ngrants:\n`,
    )
    .replaceAll("[shop-db, billing-api]", "[shop-db, billing-api, pages, other, live]")
    .replace(/\nmasking:[\s\S]*?\nroles:/, "\nmasking: []\nroles:");
};

/** Hosts of services: the whole demo, and a service that answers what a test tells it to. */
export type Hosts = {
  readonly demo: TestDemo;
  readonly upstream: Upstream;
  /** The origin of the service of that name. */
  readonly host: (name: string) => string;
};

export function useHosts(): () => Hosts {
  let hosts: Hosts | undefined;
  beforeAll(async () => {
    const upstream = await startUpstream();
    const demo = await startTestDemo({ policy: hostsPolicy(upstream.url) });
    const host = (name: string) => `http://${name}.localhost:${demo.ports.gateway}`;
    hosts = { demo, upstream, host };
  });
  afterAll(async () => {
    await hosts?.demo.stop();
    await hosts?.upstream.stop();
  });
  return () => {
    if (hosts === undefined) throw new Error("The hosts are there inside tests only.");
    return hosts;
  };
}
