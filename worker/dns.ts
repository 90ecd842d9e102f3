import { z } from "zod";

const answer = z.object({
  Answer: z.array(z.object({ type: z.number(), data: z.string() })).default([]),
});

/** Types A and AAAA (RFC 1035, RFC 3596). */
const ADDRESS_TYPES = [1, 28];

/**
 * Addresses of a name over HTTPS, or none when that resolver cannot be reached within two seconds.
 */
export async function resolve(host: string): Promise<readonly string[]> {
  const found = await Promise.all(ADDRESS_TYPES.map((type) => ask(host, type)));
  return found.flat();
}

async function ask(host: string, type: number): Promise<readonly string[]> {
  const query = new URLSearchParams({ name: host, type: String(type) });
  try {
    const response = await fetch(`https://cloudflare-dns.com/dns-query?${query}`, {
      headers: { accept: "application/dns-json" },
      signal: AbortSignal.timeout(2_000),
    });
    const { Answer } = answer.parse(await response.json());
    return Answer.filter((record) => record.type === type).map((record) => record.data);
  } catch {
    return [];
  }
}
