import type { Headers, OwnHost } from "../../exchange.ts";
import type { Masker } from "../../masker.ts";
import { linkShown } from "./header-value.ts";

/*
 * Where a browser says that a request comes from, as the service must read it: what names the
 * service's own host here names the service itself. Nothing else is ever told in its name.
 */

/** What goes on of Origin and Referer: those of the own host's pages; below `/http/`, none. */
export function fromOwnPage(
  given: Headers,
  ownHost: OwnHost | null,
  url: string,
  rules: Masker["sent"],
): Headers {
  if (ownHost === null) return [];
  const { origin: here } = ownHost;
  const [there = ""] = /^https?:\/\/[^/]*/.exec(url) ?? [];
  return given.flatMap(([name, value]) => {
    if (name === "origin") return value === here ? [[name, there] as const] : [];
    const place = name === "referer" ? placeBelow(here, value) : null;
    if (place === null) return [];
    const page = `${url}${place}`;
    return [[name, rules === null ? page : linkShown(page, rules)] as const];
  });
}

/** Of a page of that origin: its path and query. Null: it is another's, or no address at all. */
function placeBelow(origin: string, referer: string): string | null {
  const place = referer.startsWith(origin) ? referer.slice(origin.length) : null;
  if (place === "") return "/";
  return place !== null && /^[/?][!"$-~]*$/.test(place) ? place : null;
}
