import {
  createHash,
  createPublicKey,
  type KeyObject,
  verify as verifySignature,
} from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip as gunzipCallback } from "node:zlib";
import type { Command } from "commander";
import { recordingKeys } from "../../core/api/record.ts";
import { chunkPlainBytesMax } from "../../core/recording/chunk.ts";
import { type Reading, verify, verdictText } from "../../core/recording/reader.ts";
import type { z } from "../../core/zod.ts";
import { safeJson } from "../../core/visible.ts";
import { type Context, gatewayOf, list, print } from "../context.ts";
import { EXIT, jsonOrNull, reasonOf, usage } from "../failure.ts";
import { table } from "../output/table.ts";
import { visible } from "../output/visible.ts";
import { limitOption, upTo } from "../pages.ts";
import { holdsHeads, printHeads, verifyHeads } from "./audit-heads.ts";
import { readText } from "./files.ts";

type Keys = z.infer<typeof recordingKeys>;
type VerifyOptions = { readonly keys?: string };

export function auditCommands(program: Command, context: Context): void {
  const audit = program.command("audit").description("prove what a recording says");
  audit
    .command("verify <file>")
    .description("check a raw export, or the heads of all sessions: chain, signatures, gaps")
    .option("--keys <file>", "public keys, as `audit keys` prints them: then nothing is asked")
    .option("--json", "one JSON array")
    .action((file: string, options: VerifyOptions) => verifyFile(context, file, options));
  audit
    .command("log")
    .description("what happened to Sluice itself: changes, votes, denials, readings")
    .addOption(limitOption())
    .option("--json", "one JSON array")
    .action((options: { limit: number }) => log(context, options.limit));
  audit
    .command("heads")
    .description("the chained heads of all sessions, for `audit verify`: a deleted session shows")
    .action(() => printHeads(context));
  audit
    .command("keys")
    .description("the gateway's public keys of recordings: keep them where the gateway is not")
    .action(async () => print(context, `${safeJson(await keysOfGateway(context), 2)}\n`));
}

async function verifyFile(context: Context, file: string, options: VerifyOptions): Promise<void> {
  const raw = await readFile(file).catch((error: unknown) => {
    throw usage(reasonOf(error));
  });
  const { keys } =
    options.keys === undefined ? await keysOfGateway(context) : await keysIn(options.keys);
  if (holdsHeads(raw)) {
    const gateway = options.keys === undefined ? await gatewayOf(context) : null;
    return verifyHeads(context, raw, reading(keys), gateway);
  }
  const verdict = await verify(raw, reading(keys));
  const session = verdict.is === "broken" ? file : verdict.session;
  list(context, [{ id: session, ...verdict }], () => `${visible(verdictText(verdict))}\n`);
  if (verdict.is !== "whole") context.exitCode = EXIT.refused;
}

async function log(context: Context, limit: number): Promise<void> {
  const gateway = await gatewayOf(context);
  const events = await upTo(limit, (page) => gateway.call("audit", { query: page }));
  list(context, events, () =>
    table(
      ["at", "who", "action", "subject", "outcome", "detail"],
      events.map(({ at, actor, action, subject, outcome, detail }) => [
        at,
        actor?.name ?? "nobody",
        action,
        subject,
        outcome,
        Object.entries(detail)
          .map(([name, value]) => `${name}=${value}`)
          .join(" "),
      ]),
    ),
  );
}

const keysOfGateway = async (context: Context): Promise<Keys> =>
  (await gatewayOf(context)).call("keys");

async function keysIn(file: string): Promise<Keys> {
  const parsed = recordingKeys.safeParse(jsonOrNull(await readText(file)));
  if (parsed.success) return parsed.data;
  throw usage(`${file} holds no public keys as \`sluice audit keys\` prints them.`);
}

const gunzip = promisify(gunzipCallback);

function reading(keys: Keys["keys"]): Reading {
  const known = new Map(keys.map(({ id, key }) => [id, publicKey(key)]));
  return {
    digest: (data) => createHash("sha256").update(data).digest(),
    gunzip: (data) => gunzip(data, { maxOutputLength: chunkPlainBytesMax }),
    verifies(id, signature, message) {
      const key = known.get(id);
      return key !== undefined && verifySignature(null, message, key, signature);
    },
  };
}

/** RFC 8037: 32 bytes as an octet key pair. */
function publicKey(base64: string): KeyObject {
  const x = Buffer.from(base64, "base64").toString("base64url");
  try {
    return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  } catch {
    throw usage("One of the public keys is not a key.");
  }
}
