import { type IncomingHttpHeaders, request } from "node:http";
import { text } from "node:stream/consumers";
import { Browser } from "../../demo/sign-in.ts";
import type { PersonName } from "../../demo/people.ts";

export type Got = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** What a browser would send back of what it was given: name and value by name. */
  readonly cookies: ReadonlyMap<string, string>;
};

export type Ask = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** What a browser says of somebody who goes to a page. */
export const VISIT = {
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
  "sec-fetch-site": "none",
} as const;

/** One request, no redirect followed. Names below `localhost` are this machine, as in browsers. */
export async function ask(url: string, { method = "GET", headers, body }: Ask = {}): Promise<Got> {
  const { host, port, pathname, search } = new URL(url);
  const path = url.startsWith(`http://${host}`) ? url.slice(`http://${host}`.length) : "";
  const options = { host: "localhost", port, method, path: path || `${pathname}${search}` };
  const answer = await new Promise<import("node:http").IncomingMessage>((resolve, reject) => {
    const asked = request({ ...options, headers: { ...headers, host } }, resolve);
    asked.on("error", reject);
    asked.end(body);
  });
  const set = answer.headers["set-cookie"] ?? [];
  const pairs = set.map((line) => /^([^=]+)=([^;]*)/.exec(line) ?? []);
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers,
    text: await text(answer),
    cookies: new Map(pairs.map(([, name = "", value = ""]) => [name, value])),
  };
}

export const cookieHeader = (cookies: ReadonlyMap<string, string>): string =>
  [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");

/** A sign-in on the host of a service up to the code: where the browser is sent, with what. */
export type Begun = { readonly arrival: string; readonly cookie: string };

/** `dashboard`: the Cookie header of whoever is signed in there. */
export async function begin(page: string, dashboard: string): Promise<Begun> {
  const left = await ask(page, { headers: VISIT });
  const on = await ask(left.headers.location ?? "");
  const [, next = ""] = /url=([^"]+)"/.exec(on.text) ?? [];
  const own = { cookie: dashboard, "sec-fetch-site": "same-origin" };
  const { origin } = new URL(left.headers.location ?? "");
  const code = await ask(`${origin}${next.replaceAll("&amp;", "&")}`, { headers: own });
  return { arrival: code.headers.location ?? "", cookie: cookieHeader(left.cookies) };
}

/** The Cookie header that the host's own pages send from then on. */
export async function signInOn(page: string, dashboard: string): Promise<string> {
  const { arrival, cookie } = await begin(page, dashboard);
  const { cookies } = await ask(arrival, { headers: { ...VISIT, cookie } });
  return `sluice=${cookies.get("sluice")}`;
}

/** The Cookie header of a person who signs in to the dashboard. */
export const dashboardOf = (gateway: string, person: PersonName): Promise<string> =>
  new Browser(person).signIn(gateway);
