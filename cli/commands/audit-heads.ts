import type { z } from "../../core/zod.ts";
import { signedHour } from "../../core/api/audit.ts";
import {
  type HoursVerdict,
  type ListedChunk,
  listedBySession,
  verifyHours,
} from "../../core/recording/hours.ts";
import type { Reading } from "../../core/recording/reader.ts";
import { type Context, gatewayOf, list, print } from "../context.ts";
import { EXIT, Failure, jsonOrNull, usage } from "../failure.ts";
import type { Gateway } from "../gateway.ts";
import { visible } from "../output/visible.ts";

type SignedHour = z.infer<typeof signedHour>;

/** Prints the chained heads of all sessions, one JSON line each, oldest first. */
export async function printHeads(context: Context): Promise<void> {
  const gateway = await gatewayOf(context);
  let after: string | undefined;
  do {
    const page = await gateway.call("hours", { query: { after, limit: 200 } });
    for (const entry of page.items) print(context, `${JSON.stringify(entry)}\n`);
    after = page.next ?? undefined;
  } while (after !== undefined);
}

/** A file of heads is JSON lines; a raw recording begins with a length. */
export const holdsHeads = (raw: Uint8Array): boolean => raw[0] === "{".charCodeAt(0);

type Finding = { readonly id: string; readonly is: "missing" | "changed"; readonly first: number };

/**
 * Checks the chain, and, with a gateway, that it still has each chunk that the chain lists. Exit
 * code 1 when something is broken, missing or changed.
 */
export async function verifyHeads(
  context: Context,
  raw: Uint8Array,
  reading: Reading,
  gateway: Gateway | null,
): Promise<void> {
  const verdict = await verifyHours(entriesIn(raw), reading);
  if (verdict.is === "broken") {
    context.exitCode = EXIT.refused;
    const text = `broken at ${verdict.at}: ${verdict.why}`;
    return list(context, [{ id: `${verdict.at}`, ...verdict }], () => `${visible(text)}\n`);
  }
  const sessions = listedBySession(verdict.hours);
  const findings: Finding[] = [];
  for (const [id, chunks] of gateway === null ? [] : sessions) {
    findings.push(...(await compare(gateway as Gateway, id, chunks)));
  }
  if (findings.length > 0) context.exitCode = EXIT.refused;
  const { length } = verdict.hours;
  const summary = { id: "heads", is: verdict.is, heads: length, until: untilOf(verdict) };
  list(context, [summary, ...findings], () => {
    const [size, until] = [sessions.size, summary.until];
    const asked = gateway === null ? "" : ", all of them looked for";
    const head = `whole: ${length} heads up to ${until}, ${size} sessions${asked}\n`;
    return head + findings.map(({ id, is, first }) => `${id} from ${first}: ${is}\n`).join("");
  });
}

const untilOf = ({ hours }: Extract<HoursVerdict, { is: "whole" }>): string =>
  new Date(hours.at(-1)?.until ?? 0).toISOString();

async function compare(
  gateway: Gateway,
  id: string,
  listed: readonly ListedChunk[],
): Promise<readonly Finding[]> {
  const chunks = await chunksAt(gateway, id);
  return listed.flatMap(({ first, last, h }): Finding[] => {
    const found = chunks.find((chunk) => chunk.first === first);
    if (found === undefined) return [{ id, is: "missing", first }];
    return found.last === last && found.h === h ? [] : [{ id, is: "changed", first }];
  });
}

async function chunksAt(gateway: Gateway, id: string): Promise<readonly ListedChunk[]> {
  try {
    return (await gateway.call("manifest", { path: { id } })).chunks;
  } catch (error) {
    if (error instanceof Failure && error.problem.status === 404) return [];
    throw error;
  }
}

function entriesIn(raw: Uint8Array): readonly SignedHour[] {
  const lines = new TextDecoder().decode(raw).split("\n");
  return lines
    .filter((line) => line !== "")
    .map((line) => {
      const parsed = signedHour.safeParse(jsonOrNull(line));
      if (parsed.success) return parsed.data;
      throw usage("The file holds no heads as `sluice audit heads` prints them.");
    });
}
