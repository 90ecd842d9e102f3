/** Where an address leads. `name`: a host name, which only its resolver can tell. */
export type Reach = "public" | "private" | "never" | "name";

const METADATA_NAMES = new Set(["metadata.google.internal", "metadata.goog", "metadata"]);
/** Metadata services that live outside the link-local ranges. */
const METADATA_V4 = new Set(["100.100.100.200", "168.63.129.16", "192.0.0.192"]);
const METADATA_V6 = "fd00:ec2:";

/**
 * CONTRACTS §9: link-local and metadata addresses are never dialled; loopback, RFC 1918, shared
 * (RFC 6598) and unique local (RFC 4193) only where the resource says `network: private`.
 */
export function reachOf(host: string): Reach {
  const name = host
    .toLowerCase()
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "");
  if (METADATA_NAMES.has(name)) return "never";
  if (name === "localhost" || name.endsWith(".localhost")) return "private";
  if (name.includes(":")) return reachOfV6(name);
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(name);
  if (v4 === null) return /^(0x[0-9a-f]*|\d+)(\.|$)/.test(lastLabel(name)) ? "never" : "name";
  const octets = v4.slice(1).map(Number);
  // 010.0.0.1 is octal to some resolvers and decimal to others.
  const ambiguous = v4.slice(1).some((octet) => octet.length > 1 && octet.startsWith("0"));
  if (ambiguous || octets.some((octet) => octet > 255)) return "never";
  return METADATA_V4.has(name) ? "never" : reachOfV4(octets);
}

/** WHATWG URL section 3.5: a host whose last label is a number is an IPv4 address in disguise. */
const lastLabel = (name: string): string => name.slice(name.lastIndexOf(".") + 1);

function reachOfV4([a = 0, b = 0]: readonly number[]): Reach {
  if (a === 169 && b === 254) return "never";
  if (a === 0 || a >= 224) return "never";
  if (a === 10 || a === 127) return "private";
  if (a === 172 && b >= 16 && b < 32) return "private";
  if (a === 192 && b === 168) return "private";
  if (a === 100 && b >= 64 && b < 128) return "private";
  return "public";
}

function reachOfV6(name: string): Reach {
  const mapped = /^(?:0*:)*(?::ffff:)?(\d+\.\d+\.\d+\.\d+)$/.exec(name)?.[1];
  if (mapped !== undefined) return reachOf(mapped);
  if (name === "::1") return "private";
  if (name.startsWith(METADATA_V6)) return "never";
  const first = Number.parseInt(name.split(":")[0] || "0", 16);
  if (first >= 0xfc00 && first <= 0xfdff) return "private";
  // Global unicast alone (RFC 4291 section 2.4), without 6to4 (2002::/16) and NAT64, which hide an
  // IPv4 address.
  return first >= 0x2000 && first <= 0x3fff && first !== 0x2002 ? "public" : "never";
}
