import { isLoopback } from "../core/address.ts";
import { ConfigError } from "../core/errors.ts";
import type { Settings } from "./env.ts";
import { Refused } from "./problem.ts";

/*
 * Hosts of services: `NAME.HTTP_DOMAIN` is the resource NAME from its root on. Pages of a service
 * are a site of their own there, and never the dashboard's.
 */

/** A service's own place on the gateway's side. */
export type Host = {
  /** The resource. */
  readonly name: string;
  readonly origin: string;
  /** Over https. */
  readonly secure: boolean;
};

const AUTHORITY = /^https?:\/\/((\[[^\]]*\]|[^/?#:]*)(?::\d+)?)/i;
/** One label (RFC 1123 section 2.1): a certificate for `*.DOMAIN` covers no more. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

const hostnameOf = (url: string): string => AUTHORITY.exec(url)?.[2]?.toLowerCase() ?? "";

/** Whether a request is for a host of services, known or not: none of our pages is there. */
export function isOnHost(url: string, { HTTP_DOMAIN: domain, PUBLIC_URL }: Env): boolean {
  if (domain === undefined || domain === "") return false;
  const hostname = hostnameOf(url);
  if (hostname === hostnameOf(PUBLIC_URL)) return false;
  return hostname === domain || hostname.endsWith(`.${domain}`);
}

/** The host that a request came to. Throws Refused where it is nobody's. */
export function hostOf(url: string, settings: Settings): Host {
  const [, authority = "", hostname = ""] = AUTHORITY.exec(url.toLowerCase()) ?? [];
  const name = hostname.slice(0, -(settings.httpDomain ?? "").length - 1);
  const host = LABEL.test(name) ? hostNamed(name, settings) : null;
  if (host === null || !host.origin.endsWith(`://${authority}`)) {
    throw new Refused("unknown", "No service has this address.");
  }
  return host;
}

/** Null: there are no such hosts, or none for that name. */
export function hostNamed(name: string, { publicUrl, httpDomain }: Settings): Host | null {
  if (httpDomain === null || !LABEL.test(name)) return null;
  const { protocol, port } = new URL(publicUrl);
  const origin = `${protocol}//${name}.${httpDomain}${port === "" ? "" : `:${port}`}`;
  return { name, origin, secure: protocol === "https:" };
}

/**
 * Throws a ConfigError: `HTTP_DOMAIN` is no domain, would be served over plain http on a network,
 * or its hosts and the dashboard may count as one site (`same-site`).
 */
export function requireOtherSite(domain: string, publicUrl: string): void {
  const wrong = (code: string, what: string): ConfigError =>
    new ConfigError(code, `The gateway cannot start: HTTP_DOMAIN ${what}`);
  if (domain.length > 190 || !DOMAIN.test(domain)) {
    throw wrong("misconfigured", "must be a domain in lower case, without scheme and port");
  }
  const { protocol, hostname } = new URL(publicUrl);
  const local = /(^|\.)localhost$/.test(domain) && isLoopback(hostname);
  if (protocol !== "https:" && !local) {
    throw wrong("misconfigured", "must be localhost, or below it, where PUBLIC_URL is not https");
  }
  if (mayShareSite(domain, hostname)) {
    const why = "(same-site) and PUBLIC_URL must not be one site: take another registered domain";
    throw wrong("same-site", why);
  }
}

/**
 * Whether browsers may count a host below `domain` and `other` as one site (HTML, "same site").
 * Without a list of public suffixes, two equal last labels do, and one below the other. `localhost`
 * is such a suffix itself: each host below it is a site of its own, and so is `localhost`.
 */
export function mayShareSite(domain: string, other: string): boolean {
  if (domain === "localhost" && other === "localhost") return false;
  const below = (one: string, two: string) => one === two || one.endsWith(`.${two}`);
  return below(domain, other) || below(other, domain) || lastTwo(domain) === lastTwo(other);
}

const lastTwo = (host: string): string => host.split(".").slice(-2).join(".");
