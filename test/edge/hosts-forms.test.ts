import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import type { Call, Handler } from "../support/http-upstream/call.ts";
import { reply, typed } from "../support/http-upstream/call.ts";
import { useHosts } from "../support/hosts.ts";
import { ask, cookieHeader, dashboardOf, signInOn } from "../support/visitor.ts";

/*
 * Services that ask where a form was sent from, on a host of their own. The service checks as
 * Django's CsrfViewMiddleware does over https: Origin, or else a Referer, must be its own host, and
 * the form must know the cookie's secret.
 */

const hosts = useHosts();
let cookie: string;
let own: string;
let before: string;

const FORM = "/account/form";

function headerOf({ seen: { rawHeaders } }: Call, name: string): string | null {
  const at = rawHeaders.findIndex((one, i) => i % 2 === 0 && one.toLowerCase() === name);
  return at < 0 ? null : (rawHeaders[at + 1] as string);
}

const django: Handler = async (call) => {
  const html = typed("text/html");
  if (call.seen.method === "GET") {
    const set = ["set-cookie", `csrftoken=${randomUUID()}; Path=/; SameSite=Lax`] as const;
    return reply(call, "<form method=post>", [...html, set]);
  }
  const service = `http://${headerOf(call, "host")}`;
  const refused = (why: string) => reply(call, why, html, 403);
  const [origin, referer] = [headerOf(call, "origin"), headerOf(call, "referer")];
  if (origin !== null && origin !== service) return refused("Origin checking failed");
  if (origin === null && referer === null) return refused("Referer checking failed - no Referer.");
  if (origin === null && new URL(referer ?? "").origin !== service) {
    return refused("Referer checking failed - not trusted");
  }
  const [, secret = ""] = /csrftoken=([\w-]+)/.exec(headerOf(call, "cookie") ?? "") ?? [];
  const form = new URLSearchParams(String(await call.body()));
  if (secret === "" || form.get("csrfmiddlewaretoken") !== secret) return refused("CSRF cookie");
  return reply(call, `saved, from ${referer}`, html);
};

beforeAll(async () => {
  const { demo, upstream, host } = hosts();
  upstream.told.set(`/base${FORM}`, django);
  own = host("pages");
  const signedIn = await signInOn(`${own}${FORM}`, await dashboardOf(demo.url, "ada"));
  const page = await ask(`${own}${FORM}`, { headers: { cookie: signedIn } });
  before = page.cookies.get("csrftoken") ?? "";
  cookie = `${signedIn}; ${cookieHeader(page.cookies)}`;
});

/** As a browser sends that form, but for where it says that it is. */
const send = (from: Readonly<Record<string, string>>, url = `${own}${FORM}`) =>
  ask(url, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", cookie, ...from },
    body: `csrfmiddlewaretoken=${before}`,
  });

const OF_ITS_PAGE = { "sec-fetch-site": "same-origin" };

describe("a form of the service's own page", () => {
  it("is taken by a service that checks its origin, and says which page it was", async () => {
    const from = { ...OF_ITS_PAGE, origin: own, referer: `${own}${FORM}?step=2` };
    const { status, text } = await send(from);
    const page = `${hosts().upstream.url}/base${FORM}?step=2`;
    expect([status, text]).toEqual([200, `saved, from ${page}`]);
  });

  it("is taken by its page alone, where no origin came", async () => {
    const { status, text } = await send({ ...OF_ITS_PAGE, referer: `${own}${FORM}` });
    expect([status, text]).toEqual([200, `saved, from ${hosts().upstream.url}/base${FORM}`]);
  });

  it("is refused by the service where neither came", async () => {
    const { status, text } = await send(OF_ITS_PAGE);
    expect([status, text]).toEqual([403, "Referer checking failed - no Referer."]);
  });
});

describe("what comes from elsewhere", () => {
  it.each(["https://evil.example", "https://app.example", "null", "http://other.localhost"])(
    "with the browser's cookie never reaches the service: %s",
    async (origin) => {
      const seen = hosts().upstream.seen.length;
      const { status, text } = await send({ origin, referer: `${own}${FORM}` });
      expect([status, text]).toEqual([403, expect.stringContaining("foreign_origin")]);
      expect(hosts().upstream.seen).toHaveLength(seen);
    },
  );

  it("is not told as the service's own, also where the resource lists it", async () => {
    const token = { authorization: `Bearer ${await hosts().demo.token("ada")}` };
    for (const origin of ["https://app.example", "https://evil.example"]) {
      const { status, text } = await send({ ...token, origin, referer: `${origin}/a` });
      expect([status, text]).toEqual([403, "Referer checking failed - no Referer."]);
    }
  });

  it("below the prefix is told of nowhere", async () => {
    const token = { authorization: `Bearer ${await hosts().demo.token("ada")}` };
    const from = { ...token, origin: own, referer: `${own}${FORM}` };
    const { status, text } = await send(from, `${hosts().demo.url}/http/pages${FORM}`);
    expect([status, text]).toEqual([403, "Referer checking failed - no Referer."]);
  });
});

describe("a WebSocket of the service's own page", () => {
  const open = async (origin: string) => {
    const url = new URL(`${hosts().host("live")}/ws-echo`);
    const dashboard = await dashboardOf(hosts().demo.url, "ada");
    const headers = { host: url.host, cookie: await signInOn(url.href, dashboard) };
    return new Promise<string>((resolve) => {
      const at = `ws://localhost:${url.port}${url.pathname}`;
      const socket = new WebSocket(at, { headers, origin });
      socket.on("open", () => resolve("open"));
      socket.on("open", () => socket.terminate());
      socket.on("error", ({ message }) => resolve(message));
    });
  };

  it("reaches the service as one of its own", async () => {
    expect(await open(hosts().host("live"))).toBe("open");
    const { url = "", rawHeaders = [] } = hosts().upstream.seen.at(-1) ?? {};
    const at = rawHeaders.findIndex((name) => name.toLowerCase() === "origin");
    expect([url, rawHeaders[at + 1]]).toEqual(["/ws-echo", hosts().upstream.url]);
  });

  it("is opened by no other page, though the resource lists its origin", async () => {
    const seen = hosts().upstream.seen.length;
    expect(await open("https://app.example")).toMatch(/403/);
    expect(hosts().upstream.seen).toHaveLength(seen);
  });
});
