import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { launch } from "../support/browser.ts";
import { startTestDemo, type TestDemo } from "../support/demo.ts";
import { startUpstream, type Upstream } from "../support/http-upstream.ts";
import { has, needs } from "../support/tools.ts";
import { signedIn } from "../support/walk.ts";

/* Pages of a service against the dashboard of whoever looks at them, in one real browser. */

let browser: Browser;
let upstream: Upstream;
let demo: TestDemo;
beforeAll(async () => {
  if (!has("chromium")) return;
  browser = await launch();
  upstream = await startUpstream();
  demo = await startTestDemo({ pages: true, policy: policy() });
});
afterAll(async () => {
  await browser?.close();
  await demo?.stop();
  await upstream?.stop();
});
beforeEach((context) => needs(context, "chromium"));
afterEach(async () => {
  for (const context of browser?.contexts() ?? []) await context.close();
});

/** `pages` lists the origin `http://app.localhost`, on the service's own port. */
const policy = () => {
  const file = readFileSync(join(import.meta.dirname, "../../demo/sluice.yaml"), "utf8");
  const origins = `origins: ["http://app.localhost:${upstream.port}"]`;
  const where = `url: "${upstream.url}", network: private, ${origins}`;
  const service = `{ name: pages, type: http, ${where} }`;
  return file
    .replace("grants:\n", `  - ${service}\ngrants:\n`)
    .replaceAll("[shop-db, billing-api]", "[shop-db, billing-api, pages]")
    .replace(/\nmasking:[\s\S]*?\nroles:/, "\nmasking: []\nroles:");
};

const host = (name: string) => `http://${name}.localhost:${demo.ports.gateway}`;
const html = (path: string, body: string) =>
  upstream.told.set(path, {
    headers: [["content-type", "text/html"]],
    pieces: [`<!doctype html><title>a service's page</title>${body}`],
  });

type Held = { readonly id: string; readonly answer: Promise<Response> };

/** A payment of Ada's that waits for a lead. */
async function held(amount: number): Promise<Held> {
  const authorization = `Bearer ${await demo.token("ada")}`;
  const answer = fetch(`${demo.url}/http/billing-api/payments`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ customer_id: 7, payment_amount: amount, currency: "EUR" }),
  });
  const rui = { authorization: `Bearer ${await demo.token("rui")}` };
  const look = async () => {
    const list = await fetch(`${demo.url}/api/reviews?state=pending`, { headers: rui });
    return (await list.json<{ items: { id: string }[] }>()).items;
  };
  const mine = async () =>
    (await look()).find((review) => JSON.stringify(review).includes(String(amount)))?.id ?? "";
  await expect.poll(mine, { timeout: 20_000 }).not.toBe("");
  answer.catch(() => {});
  return { id: await mine(), answer };
}

const stateOf = async (id: string): Promise<string> => {
  const authorization = `Bearer ${await demo.token("rui")}`;
  const answer = await fetch(`${demo.url}/api/reviews/${id}`, { headers: { authorization } });
  return (await answer.json<{ state: string }>()).state;
};

/** What the page does, as a script of the service's. Its outcomes stand in `window.tried`. */
const attack = (id: string) => `
<iframe id="frame" src="${demo.url}/reviews/${id}"></iframe>
<iframe name="sink"></iframe>
<form method="post" target="sink" action="${demo.url}/api/reviews/${id}/approve"
  enctype="text/plain"><input name='{"comment":"' value='"}'></form>
<script>
const gate = "${demo.url}", path = "/api/reviews/${id}/approve";
const settled = (work) => work.then((a) => a.type + " " + a.status, () => "failed");
const post = (more) => settled(fetch(gate + path,
  { method: "POST", credentials: "include", body: "{}", ...more }));
const socket = () => new Promise((resolve) => {
  const one = new WebSocket(gate.replace("http", "ws") + "/api/reviews/live");
  one.onopen = () => resolve("open");
  one.onerror = () => resolve("failed");
});
const stranger = () => {
  const other = window.open(gate + "/reviews/${id}");
  if (other === null) return "no window";
  other.postMessage({ type: "approve", id: "${id}" }, "*");
  try { return other.document.title === "" ? "blank" : "read"; } catch { return "failed"; }
};
const cookies = () => {
  const names = ["sluice", "sluice-refresh", "tossed"];
  for (const name of names)
    document.cookie = name + "=evil; path=/; domain=localhost";
  document.cookie = "kept=mine; path=/";
  return document.cookie;
};
(async () => {
  const tried = {};
  if (document.readyState !== "complete") await new Promise((go) => addEventListener("load", go));
  tried.cookies = cookies();
  tried.read = await settled(fetch(gate + "/api/reviews", { credentials: "include" }));
  tried.json = await post({ headers: { "content-type": "application/json" } });
  tried.simple = await post({ mode: "no-cors" });
  tried.socket = await socket();
  document.forms[0].submit();
  tried.frame = frame.contentDocument === null ? "failed" : "read";
  tried.opened = stranger();
  await settled(fetch("/tried"));
  document.title = "tried";
  window.tried = tried;
})();
</script>`;

/** A window of its own in the browser in which Rui is signed in to the dashboard. */
async function service(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  // A page of ours sends it on.
  await page.waitForURL(url);
  return page;
}

test("a page on a service's host cannot approve what waits, and Rui can", async () => {
  const { page: dashboard } = await signedIn(browser, demo, "rui", "/reviews");
  dashboard.setDefaultTimeout(15_000);
  const { id, answer } = await held(5_001);
  html("/attack", attack(id));
  const context = dashboard.context();
  const asked: string[] = [];
  const statuses = new Set<number>();
  const votes = (url: string) => url.endsWith(`${id}/approve`);
  context.on("request", (request) => {
    if (votes(request.url())) asked.push(request.method());
  });
  context.on("response", (response) => {
    if (votes(response.url())) statuses.add(response.status());
  });
  const page = await service(context, `${host("pages")}/attack`);
  // By the dashboard's own sign-in, without a question.
  expect(page.url()).toBe(`${host("pages")}/attack`);
  await page.waitForFunction("window.tried");
  const tried = await page.evaluate<Record<string, string>>("window.tried");
  expect(tried).toEqual({
    cookies: "kept=mine",
    read: "failed",
    json: "failed",
    simple: "failed",
    socket: "failed",
    frame: "failed",
    opened: expect.stringMatching(/failed|blank/),
  });
  // What arrives comes without the dashboard's cookie.
  await expect.poll(() => asked.filter((method) => method === "POST").length).toBe(3);
  await expect.poll(() => [...statuses]).toEqual([401]);
  const jar = await context.cookies(demo.url);
  expect(jar.map(({ value }) => value)).not.toContain("evil");
  expect(jar.map(({ name }) => name)).not.toContain("tossed");
  expect(await stateOf(id)).toBe("pending");
  // The service heard of no cookie of ours.
  const mine = upstream.seen.filter(({ url }) => url === "/attack" || url === "/tried");
  expect(mine.length).toBeGreaterThan(1);
  for (const { rawHeaders } of mine)
    expect(rawHeaders.join("\n")).not.toMatch(/sluice=|host\+sluice/i);
  await dashboard.goto(`${demo.url}/reviews/${id}`);
  await dashboard.getByRole("button", { name: "Approve…" }).click();
  await dashboard.getByRole("button", { name: "Approve", exact: true }).click();
  await dashboard.getByText("1 of 1 approved").first().waitFor();
  expect((await answer).status).toBe(201);
});

test("a page below /http/ runs no script at all", async () => {
  const { page: dashboard } = await signedIn(browser, demo, "rui", "/reviews");
  dashboard.setDefaultTimeout(15_000);
  const { id, answer } = await held(5_002);
  const seen = '<noscript><img src="/http/pages/no-script"></noscript>';
  html("/attack", `${attack(id)}${seen}`);
  const context = dashboard.context();
  expect((await context.request.get(`${demo.url}/http/pages/attack`)).status()).toBe(401);
  // As no browser does by itself: without a token there is no page.
  const authorization = `Bearer ${await demo.token("rui")}`;
  await context.route(`${demo.url}/http/**`, (route) =>
    route.continue({ headers: { ...route.request().headers(), authorization } }),
  );
  const asked: string[] = [];
  context.on("request", (request) => void asked.push(request.url()));
  const page = await context.newPage();
  const loaded = await page.goto(`${demo.url}/http/pages/attack`);
  expect(loaded?.status()).toBe(200);
  await expect.poll(() => asked).toContain(`${demo.url}/http/pages/no-script`);
  expect(asked.filter((url) => /approve|tried|live/.test(url))).toEqual([]);
  expect(await stateOf(id)).toBe("pending");
  await dashboard.goto(`${demo.url}/reviews/${id}`);
  await dashboard.getByRole("button", { name: "Reject…" }).click();
  await dashboard.getByRole("button", { name: "Reject", exact: true }).click();
  expect((await answer).status).toBe(403);
});

test("hosts below localhost are sites of their own, as is localhost", async () => {
  html("/page", "");
  const at = (name: string) => `http://${name}localhost:${upstream.port}`;
  const page = await service(await browser.newContext(), `${at("one.")}/page`);
  const sites: (string | undefined)[] = [];
  for (const url of [`${at("")}/json`, `${at("two.")}/json`, `${at("one.")}/json`]) {
    await page.evaluate(`fetch(${JSON.stringify(url)}, { mode: "no-cors" })`);
    // The browser asks for the page's icon, too, when it likes.
    const { rawHeaders = [] } = upstream.seen.findLast(({ url: path }) => path === "/json") ?? {};
    sites.push(rawHeaders[rawHeaders.indexOf("Sec-Fetch-Site") + 1]);
  }
  expect(sites).toEqual(["cross-site", "cross-site", "same-origin"]);
  await page.evaluate('document.cookie = "a=1; domain=localhost"; document.cookie = "b=2"');
  expect(await page.evaluate("document.cookie")).toBe("b=2");
});

test("a host's page acts for whoever looks at it, on its host: links, fetch, forms", async () => {
  const form = '<form method="post" action="/echo"><button>send</button></form>';
  const own = `<a href="/next">next</a>${form}`;
  html("/start", own);
  html("/next", "<p>the next page</p>");
  const { page: dashboard } = await signedIn(browser, demo, "ada", "/reviews");
  const page = await service(dashboard.context(), `${host("pages")}/start`);
  const status = `fetch("/json?n=1", { method: "POST" }).then((answer) => answer.status)`;
  expect(await page.evaluate(status)).toBe(200);
  await page.getByRole("button", { name: "send" }).click();
  await page.waitForURL(`${host("pages")}/echo`);
  expect(await page.textContent("body")).toContain('"method":"POST"');
  await page.goBack();
  await page.getByRole("link", { name: "next" }).click();
  await page.getByText("the next page").waitFor();
});

test("who is signed in nowhere signs in at the provider, and comes to the page", async () => {
  html("/deep", "<p>deep inside</p>");
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${host("pages")}/deep?x=1`);
  await page.locator('button[value="ada"]').click();
  await page.getByText("deep inside").waitFor();
  expect(page.url()).toBe(`${host("pages")}/deep?x=1`);
});

test("a page of a listed origin calls the service by a token, one of another cannot", async () => {
  html("/page", "");
  const authorization = `Bearer ${await demo.token("ada")}`;
  const context = await browser.newContext();
  const call = (url: string) => `fetch(${JSON.stringify(url)}, { method: "PUT",
    headers: { authorization: "${authorization}", "content-type": "application/json" },
    body: "{}" }).then(async (answer) => [answer.status, answer.headers.get("sluice-session"),
      (await answer.json()).method], (error) => error.name)`;
  for (const url of [`${demo.url}/http/pages/echo`, `${host("pages")}/echo`]) {
    const app = await service(context, `http://app.localhost:${upstream.port}/page`);
    expect(await app.evaluate(call(url))).toEqual([200, expect.stringMatching(/^ses_/), "PUT"]);
    const before = upstream.seen.length;
    const evil = await service(context, `http://evil.localhost:${upstream.port}/page`);
    expect(await evil.evaluate(call(url))).toBe("TypeError");
    const heard = upstream.seen.slice(before).map(({ method, url: path }) => `${method} ${path}`);
    expect(heard.filter((line) => line.includes("echo"))).toEqual([]);
  }
});
