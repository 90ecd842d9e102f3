/**
 * What an address is to us (CONTRACTS §9). `never`: link-local and metadata, whatever the resource
 * says.
 */
export type Reach = "public" | "private" | "never" | "name";

type Block = { readonly bits: number; readonly reach: "private" | "never" };

/**
 * RFC 6890 and its registry, as far as it is not public. Longest prefix first is not needed: blocks
 * do not nest.
 */
const V4: readonly (Block & { readonly net: string })[] = [
  { net: "0.0.0.0", bits: 8, reach: "never" },
  { net: "10.0.0.0", bits: 8, reach: "private" },
  { net: "100.64.0.0", bits: 10, reach: "private" },
  { net: "127.0.0.0", bits: 8, reach: "private" },
  { net: "169.254.0.0", bits: 16, reach: "never" },
  { net: "172.16.0.0", bits: 12, reach: "private" },
  { net: "192.0.0.0", bits: 24, reach: "never" },
  { net: "192.168.0.0", bits: 16, reach: "private" },
  { net: "198.18.0.0", bits: 15, reach: "never" },
  { net: "224.0.0.0", bits: 4, reach: "never" },
  { net: "240.0.0.0", bits: 4, reach: "never" },
];

/** Alibaba's metadata service sits inside 100.64.0.0/10, Azure's wire server in public space. */
const METADATA: ReadonlySet<string> = new Set(["100.100.100.200", "168.63.129.16"]);
/** 64:ff9b::/96 (RFC 6052). */
const NAT64 = [0x64, 0xff9b, 0, 0, 0, 0].join();
const METADATA_NAMES =
  /(^metadata|(^|\.)(metadata\.google\.internal|metadata\.goog|instance-data(\.ec2\.internal)?))$/i;

/**
 * Classifies what stands in `host`. An IPv4 address in another spelling than four decimal numbers
 * (octal, hex, short; WHATWG URL section 3.5 reads them all) is refused: resolvers differ about
 * `010.0.0.1`.
 */
export function reachOf(host: string): Reach {
  const bare = host.replace(/^\[|\]$|\.$/g, "");
  if (!/^([\w.-]+|[\da-f:.]+)$/i.test(bare)) return "never";
  let canonical: string;
  try {
    canonical = new URL(bare.includes(":") ? `http://[${bare}]/` : `http://${bare}/`).hostname;
  } catch {
    return "never";
  }
  if (METADATA_NAMES.test(canonical)) return "never";
  if (canonical.startsWith("[")) return reachOfV6(canonical.slice(1, -1));
  if (/^\d+(\.\d+){3}$/.test(canonical)) {
    return canonical === bare ? reachOfV4(canonical) : "never";
  }
  return isLoopback(canonical) || canonical.endsWith(".localhost") ? "private" : "name";
}

/** A hostname as `URL` gives it: IPv6 in brackets. */
export const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);

function reachOfV4(address: string): Reach {
  if (METADATA.has(address)) return "never";
  const value = v4Number(address);
  for (const { net, bits, reach } of V4) {
    if (value >>> (32 - bits) === v4Number(net) >>> (32 - bits)) return reach;
  }
  return "public";
}

const v4Number = (address: string): number =>
  address.split(".").reduce((value, part) => ((value << 8) | Number(part)) >>> 0, 0);

function reachOfV6(address: string): Reach {
  const words = v6Words(address);
  const [first = 0, second = 0] = words;
  const tail = v4In(words[6], words[7]);
  const zeros = (count: number) => words.slice(0, count).every((word) => word === 0);
  if (zeros(7) && words[7] === 1) return "private";
  if (zeros(5) && words[5] === 0xffff) return reachOfV4(tail);
  if (zeros(6) || words.slice(0, 6).join() === NAT64) return embedded(tail);
  if (first === 0x2002) return embedded(v4In(second, words[2]));
  if (first === 0x2001 && second === 0) return "never";
  if (first === 0xfd00 && second === 0xec2) return "never";
  if ((first & 0xfe00) === 0xfc00) return "private";
  if ((first & 0xe000) !== 0x2000) return "never";
  return "public";
}

const v4In = (high = 0, low = 0): string => [high >> 8, high & 255, low >> 8, low & 255].join(".");

/**
 * IPv4 inside IPv6 (6to4, NAT64; Teredo's is scrambled): a way around the table unless what is
 * inside is public.
 */
const embedded = (address: string): Reach => (reachOfV4(address) === "public" ? "public" : "never");

/** The URL parser has already made the address canonical (RFC 5952). */
function v6Words(address: string): readonly number[] {
  const [head = "", tail = ""] = address.split("::");
  const words = (part: string) => (part === "" ? [] : part.split(":").map((w) => Number(`0x${w}`)));
  const [before, after] = [words(head), words(tail)];
  const gap = address.includes("::") ? 8 - before.length - after.length : 0;
  return [...before, ...Array<number>(gap).fill(0), ...after];
}
