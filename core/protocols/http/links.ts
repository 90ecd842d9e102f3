/*
 * Links in a service's answer, as they must read on the gateway's side. A link to the service itself
 * becomes one to where it is reached here; what leads to other origins stays as it is.
 */

/** `url`: of the service, with its base path. `prefix`: its place here, without a last slash. */
export type Place = { readonly url: string; readonly prefix: string };

export const LINKS: Readonly<Record<string, (value: string, place: Place) => string>> = {
  location: linkOf,
  "content-location": linkOf,
  link: linksOf,
  refresh: refreshOf,
};

/** One URI reference (RFC 3986 section 4.1). One that is relative to the path stays true. */
export function linkOf(link: string, place: Place): string {
  const [, scheme = "", authority = "", base = ""] = SERVICE.exec(place.url) ?? [];
  const [, from = "", to, rest = ""] = REFERENCE.exec(link) ?? [];
  if (to === undefined && !link.startsWith("/")) return link;
  const own = to === undefined || isSame(from.toLowerCase() || scheme, to, scheme, authority);
  if (!own) return link;
  const path = to === undefined ? link : rest;
  const within = path.startsWith(base) && /^(?:[/?#]|$)/.test(path.slice(base.length));
  if (!within) return `${scheme}//${authority}${path}`;
  const inside = path.slice(base.length);
  const rooted = inside.startsWith("/") ? inside : `/${inside}`;
  return `${place.prefix}${place.prefix === "" ? pathOnly(rooted) : rooted}`;
}

const SERVICE = /^(https?:)\/\/([^/]*)(.*)$/;
const REFERENCE = /^(https?:)?\/\/([^/?#\\]*)(.*)$/is;

/** A port that the scheme has anyway may be named (RFC 9110 section 4.2.3). */
function isSame(from: string, to: string, scheme: string, authority: string): boolean {
  const usual = scheme === "https:" ? /:(?:443)?$/ : /:(?:80)?$/;
  return from === scheme && to.toLowerCase().replace(usual, "") === authority;
}

/** Two slashes at a path's beginning would name another host (WHATWG URL, "URL serializing"). */
const pathOnly = (path: string): string => (/^\/[/\\]/.test(path) ? `/.${path}` : path);

/** RFC 8288 section 3: what stands in angle brackets. */
function linksOf(value: string, place: Place): string {
  return value.replace(/<([^>]*)>/g, (_, link: string) => `<${linkOf(link.trim(), place)}>`);
}

/** HTML, "shared declarative refresh steps": `5; url=/there`, quoted or not. */
function refreshOf(value: string, place: Place): string {
  const parts = /^([\d.\s]*[;,\s]\s*(?:url\s*=\s*)?)(["']?)(.*?)(\2\s*)$/is.exec(value);
  if (parts === null) return value;
  const [, head = "", quote = "", link = "", end = ""] = parts;
  return link === "" ? value : `${head}${quote}${linkOf(link.trim(), place)}${end}`;
}
