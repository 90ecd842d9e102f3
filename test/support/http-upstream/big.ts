import { firstOf } from "../../../demo/billing/data.ts";
import { type Call, count, typed, wrote } from "./call.ts";
import { event, ndjson, octets, record } from "./samples.ts";

/** A block that is written again and again, and what stands before the first and after the last. */
type Pattern = {
  readonly type: string;
  readonly before?: string;
  readonly block: Buffer;
  readonly after?: string;
};

const MIB = 1_048_576;

const PATTERNS: Readonly<Record<string, () => Pattern>> = {
  json: () => ({
    type: "application/json",
    before: '{"items":[',
    block: Buffer.from(firstOf((n) => `${JSON.stringify(record(n))},`, 40).join("")),
    after: "null]}",
  }),
  ndjson: () => ({
    type: "application/x-ndjson",
    block: Buffer.from(firstOf(ndjson, 40).join("")),
  }),
  sse: () => ({
    type: "text/event-stream",
    block: Buffer.from(firstOf((n) => event(n), 100).join("")),
  }),
  octet: () => ({ type: "application/octet-stream", block: octets(MIB) }),
};

/** ?mb of a ?type, a little more; memory stays flat, for a block waits until the last has gone. */
export async function big({ request, response, query }: Call): Promise<void> {
  const { type, before, block, after } = (PATTERNS[query.get("type") ?? ""] ?? PATTERNS["json"]!)();
  const blocks = Math.ceil((count(query, "mb", 1, 4_096) * MIB) / block.length);
  response.writeHead(200, typed(type).flat());
  if (request.method === "HEAD") return void response.end();
  if (before !== undefined) response.write(before);
  for (let n = 0; n < blocks; n++) if (!(await wrote(response, block))) return;
  response.end(after);
}
