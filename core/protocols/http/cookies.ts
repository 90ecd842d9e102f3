/*
 * Cookies of a service (RFC 6265bis) on the service's own host here. What only the service reads
 * gets a name that no sibling host can give (`__Host-`, section 4.1.3.2); such a cookie has no path,
 * so its path stands in the name. What scripts read keeps its name.
 */

/** `path`: of the request, from the resource's root on. `base`: the service's base path, or "". */
export type CookiePlace = {
  readonly path: string;
  readonly base: string;
  readonly secure: boolean;
};

const OURS = /^(?:__host-|__secure-)?(?:sluice|s\.%2f)/i;
const NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
/** Section 4.1.1 lets a value have fewer; browsers and services have agreed on more. */
const VALUE = /^[\x20-\x3a\x3c-\x7e\x80-\uffff]*$/;
const MAPPED = /^s\.(%2F[^.]*)\.(.+)$/;
const MAPPED_SECURE = /^__Host-s\.(%2F[^.]*)\.(.+)$/;

/** A Set-Cookie line for the browser; null: the service may not set this one. */
export function cookieForBrowser(line: string, place: CookiePlace): string | null {
  const [pair = "", ...rest] = line.split(";");
  const at = pair.indexOf("=");
  const [name, value] = [pair.slice(0, Math.max(at, 0)).trim(), pair.slice(at + 1).trim()];
  if (!NAME.test(name) || OURS.test(name) || !VALUE.test(value)) return null;
  const attributes = attributesOf(rest);
  const path = pathHere(attributes.get("path") ?? "", place);
  if (path === null) return null;
  const hidden = attributes.has("httponly");
  const host = place.secure ? "__Host-" : "";
  const shown = hidden ? `${host}s.${escaped(path)}.${name}` : name;
  const sameSite = /^strict$/i.test(attributes.get("samesite") ?? "") ? "Strict" : "Lax";
  return [
    `${shown}=${value}`,
    `Path=${hidden ? "/" : path}`,
    ...lifetimeOf(attributes),
    `SameSite=${sameSite}`,
    ...(hidden ? ["HttpOnly"] : []),
    ...(place.secure ? ["Secure"] : []),
  ].join("; ");
}

/** The Cookie header for the service, or null: there is none for this path. */
export function cookiesForService(header: string, path: string, secure: boolean): string | null {
  const shape = secure ? MAPPED_SECURE : MAPPED;
  const pairs = header.split(";").flatMap((pair) => {
    const at = pair.indexOf("=");
    return at < 1 ? [] : [{ name: pair.slice(0, at).trim(), value: pair.slice(at + 1).trim() }];
  });
  const mapped = pairs.flatMap(({ name, value }) => {
    const [, of = "", real = ""] = shape.exec(name) ?? [];
    const reach = decoded(of);
    if (real === "" || reach === null || !reaches(reach, path)) return [];
    return [{ name: real, value, reach }];
  });
  const known = new Set(mapped.map(({ name }) => name));
  const rest = pairs.filter(({ name }) => !OURS.test(name) && !known.has(name));
  const all = [...mapped.toSorted((a, b) => b.reach.length - a.reach.length), ...rest];
  return all.length === 0 ? null : all.map(({ name, value }) => `${name}=${value}`).join("; ");
}

/** Names in lower case; of several the last counts (section 5.6). */
const attributesOf = (parts: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    parts.map((part) => {
      const at = part.indexOf("=");
      const name = at < 0 ? part : part.slice(0, at);
      return [name.trim().toLowerCase(), at < 0 ? "" : part.slice(at + 1).trim()];
    }),
  );

function lifetimeOf(attributes: ReadonlyMap<string, string>): readonly string[] {
  const [age, expires] = [attributes.get("max-age") ?? "", attributes.get("expires") ?? ""];
  return [
    ...(/^-?\d{1,12}$/.test(age) ? [`Max-Age=${age}`] : []),
    ...(/^[\w ,:+-]{1,60}$/.test(expires) ? [`Expires=${expires}`] : []),
  ];
}

/** Null: the service says of it that it never comes back on the paths that are reached here. */
function pathHere(said: string, { path, base }: CookiePlace): string | null {
  if (!said.startsWith("/")) return path.slice(0, Math.max(path.lastIndexOf("/"), 1));
  if (!/^[\x21-\x3a\x3c-\x7e]*$/.test(said)) return null;
  const bare = said.length > 1 ? said.replace(/\/$/, "") : said;
  if (base === "") return bare;
  if (bare === "/" || bare === base || base.startsWith(`${bare}/`)) return "/";
  return bare.startsWith(`${base}/`) ? bare.slice(base.length) : null;
}

/** Section 5.1.4, "path-match". */
const reaches = (of: string, path: string): boolean =>
  of === path || (path.startsWith(of) && (of.endsWith("/") || path[of.length] === "/"));

/** A token's characters, and no dot. */
const escaped = (path: string): string =>
  encodeURIComponent(path).replace(/[.()]/g, (one) => `%${one.charCodeAt(0).toString(16)}`);

/** Null: a service's script made that name up. */
function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}
