import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { app } from "../../worker/app.ts";
import { hostNamed, hostOf, isOnHost, mayShareSite } from "../../worker/hosts.ts";
import { settingsOf } from "../../worker/env.ts";
import { Gateway } from "./gateway.ts";

let gate: Gateway;
beforeAll(async () => {
  gate = await Gateway.start();
});
afterAll(() => gate.stop());

describe("a domain for services and the dashboard's host", () => {
  it.each([
    ["apis.example", "sluice.example", false],
    ["apis.example.net", "sluice.example.com", false],
    ["localhost", "localhost", false],
    ["localhost", "127.0.0.1", false],
    ["apis.example.com", "sluice.example.com", true],
    ["example.com", "sluice.example.com", true],
    ["apis.sluice.example.com", "sluice.example.com", true],
    ["sluice.example.com", "sluice.example.com", true],
    // Without a list of public suffixes it cannot be told from one site.
    ["apis.co.uk", "sluice.co.uk", true],
    ["apis.workers.dev", "sluice.workers.dev", true],
    ["localhost", "a.localhost", true],
    ["apis.localhost", "localhost", true],
    ["x.localhost", "y.localhost", false],
  ])("%s and %s may be one site: %s", (domain, host, may) => {
    expect(mayShareSite(domain, host)).toBe(may);
  });

  it("are refused at the start where they may be one", async () => {
    const env = { ...gate.env, HTTP_DOMAIN: "apis.gate.test" } as Env;
    const answer = await app.request("https://gate.test/healthz", {}, env);
    expect(answer.status).toBe(500);
    expect((await answer.json<{ detail: string }>()).detail).toMatch(/HTTP_DOMAIN \(same-site\)/);
    expect(() => settingsOf(env)).toThrow(expect.objectContaining({ code: "same-site" }));
  });

  it("are refused where one is plain http on a network", () => {
    const at = (PUBLIC_URL: string, HTTP_DOMAIN: string) => () =>
      settingsOf({ ...gate.env, PUBLIC_URL, HTTP_DOMAIN });
    expect(at("http://localhost:9100", "apis.example")).toThrow(/HTTP_DOMAIN/);
    expect(at("http://localhost:9100", "localhost")).not.toThrow();
    expect(at("https://gate.test", "apis.example")).not.toThrow();
  });
});

describe("a request's host", () => {
  const env = () => ({ ...gate.env, HTTP_DOMAIN: "apis.example" }) as Env;
  const host = (url: string) => hostOf(url, settingsOf(env()));

  it("is a service's, from the domain's own name on", () => {
    for (const url of ["https://billing.apis.example/x", "https://BILLING.apis.example/"]) {
      expect(isOnHost(url, env())).toBe(true);
      const origin = "https://billing.apis.example";
      expect(host(url)).toEqual({ name: "billing", origin, secure: true });
    }
  });

  it.each([
    "https://apis.example/",
    "https://a.b.apis.example/",
    "https://-a.apis.example/",
    "https://a_b.apis.example/",
    "https://my-.apis.example/",
    "https://billing.apis.example:8443/",
    "https://user@billing.apis.example/",
  ])("is nobody's, and no page of ours: %s", (url) => {
    expect(() => host(url)).toThrow("No service has this address.");
    if (!url.includes("@")) expect(isOnHost(url, env())).toBe(true);
  });

  it.each([
    ["my-api", "https://my-api.apis.example"],
    ["my.api", undefined],
    ["my_api", undefined],
    ["my-", undefined],
  ])("is there for a name that is one label: %s", (name, origin) => {
    expect(hostNamed(name, settingsOf(env()))?.origin).toBe(origin);
  });

  it.each([
    "https://gate.test/http/billing/x",
    "https://billing.apis.example.evil.test/",
    "https://evilapis.example/",
    "https://gate.test/?https://billing.apis.example/",
  ])("is none of a service: %s", (url) => {
    expect(isOnHost(url, env())).toBe(false);
    expect(isOnHost(url, gate.env)).toBe(false);
  });
});
