import { base64, concat, hex, u32Bytes, utf8 } from "./bytes.ts";
import type { Command, CommandId } from "./command.ts";
import type { Crypto } from "./crypto.ts";
import type { Decision, Policy, Settled, UnixMs } from "./decision.ts";
import type { CommandSecret, Event, Fact } from "./fact.ts";
import type { SessionSpec } from "./session.ts";

/*
 * What is written down of a session and its commands, whichever path they take, and the digest that
 * an approval is bound to.
 */

export const openedFact = (spec: SessionSpec, policy: Policy): Fact => ({
  kind: "opened",
  session: spec.id,
  principal: spec.principal.name,
  principalKind: spec.principal.kind,
  groups: spec.principal.groups,
  onBehalfOf: spec.onBehalfOf,
  resource: spec.resource.name,
  protocol: spec.resource.type,
  policy: policy.version,
  level: policy.recording,
  reason: spec.reason,
});

/**
 * The command, and what the policy says of it. `opening`: of a message on a WebSocket, the command
 * that opened it.
 */
export function commandEvents(
  command: Command,
  decision: Decision,
  digest: string,
  policy: Policy,
  at: UnixMs,
  opening: CommandId | null = null,
): Event[] {
  const fact: Fact = {
    kind: "command",
    shown: command.shown,
    operations: command.operations,
    objects: command.objects,
    unbounded: command.unbounded,
    digest,
    ...(command.shows !== undefined && { shows: command.shows }),
    ...(opening !== null && { opening }),
    secret: policy.recording === "off" ? null : secretOf(command),
  };
  const decided: Fact = {
    kind: "decision",
    verdict: decision.verdict,
    rules: decision.rules,
    message: decision.verdict === "allow" ? null : decision.message,
    policy: policy.version,
  };
  return [fact, decided].map((each) => ({ at, command: command.id, fact: each }));
}

export const settledFact = (settled: Settled): Fact => ({
  kind: "settled",
  verdict: settled.verdict === "run" ? "approved" : settled.code,
  review: settled.review,
  by: settled.verdict === "run" ? settled.by : [],
  message: settled.verdict === "run" ? null : settled.message,
});

/** How a hold ends whose asker is gone. */
export const LEFT = {
  verdict: "refuse",
  code: "withdrawn",
  review: null,
  message: "The client left.",
} as const satisfies Settled;

/** When a session is over by itself, and what its client is told then. */
export type End = { readonly at: UnixMs; readonly code: string; readonly reason: string };

/**
 * With the grant, where the policy says, else where the opening said; or with the API token that
 * opened it, whichever comes first. Null: neither ends.
 */
export function endOf(policy: Policy, spec: SessionSpec): End | null {
  const granted = policy.endsAt === undefined ? spec.endsAt : policy.endsAt;
  const { tokenEndsAt = null } = spec;
  if (tokenEndsAt !== null && (granted === null || tokenEndsAt < granted)) {
    return { at: tokenEndsAt, ...TOKEN_OVER };
  }
  return granted === null ? null : { at: granted, ...GRANT_OVER };
}

const GRANT_OVER = { code: "grant_over", reason: "Your access has ended." };
/** Also where a session asks at its ping (durable-objects/standing.ts). */
export const TOKEN_OVER = { code: "token_over", reason: "The API token has expired." };

const secretOf = (command: Command): CommandSecret => ({
  text: command.text,
  parameters: command.parameters.map(({ type, format, value }) => ({
    type,
    format,
    value: value === null ? null : base64(value),
  })),
});

const NULL_PART = u32Bytes(0xffffffff);

/** A part of a digest: its length and its bytes. */
const part = (bytes: Uint8Array): Uint8Array => concat([u32Bytes(bytes.length), bytes]);
const textPart = (text: string): Uint8Array => part(utf8(text));

/** What the digests of all commands of one session under one version of the policy begin with. */
export const digestHead = (spec: SessionSpec, policyVersion: string): Uint8Array =>
  concat(["sluice.command.1", spec.id, spec.resource.id, policyVersion].map(textPart));

/**
 * CONTRACTS §3: SHA-256("sluice.command.1" ‖ session id ‖ resource id ‖ policy version ‖ protocol ‖
 * text ‖ parameter types, formats, values), each part as u32 length and bytes, NULL as 0xffffffff.
 */
export function commandDigest(command: Command, head: Uint8Array, crypto: Crypto): Uint8Array {
  const parts = [head, textPart(command.protocol), textPart(command.text)];
  for (const { type, format, value } of command.parameters) {
    parts.push(part(u32Bytes(type)), part(u32Bytes(format)));
    parts.push(value === null ? NULL_PART : part(value));
  }
  return crypto.sha256(concat(parts));
}

/** The same in hex, as recordings and reviews have it. */
export const hexDigest = (command: Command, head: Uint8Array, crypto: Crypto): string =>
  hex(commandDigest(command, head, crypto));

/** Of a header: a recording must not let its reader in where the client was let in. */
export const withoutCookie = (name: string, value: string): string =>
  name === "set-cookie" ? value.replace(/=[^;]*/, "=…") : value;
