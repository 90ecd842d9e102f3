import { reachOf } from "../../core/address.ts";
import { utf8 } from "../../core/bytes.ts";
import type { PostgresResource, Resource, SecretRule } from "../../core/session.ts";
import { open } from "../../store/seal.ts";
import { secretPurpose } from "../../store/secrets.ts";
import { connectTcp } from "./tcp.ts";

/** A connection to a target, whatever carries it. The only interface of the gateway that waits. */
export interface Upstream {
  /** A copy of what came, or null at the end. Throws an Unreachable. */
  read(): Promise<Uint8Array | null>;
  /** Resolves when the kernel has it. Bytes of several calls leave in the order of the calls. */
  write(bytes: Uint8Array): Promise<void>;
  /** From here on the connection is TLS. No read may be under way. */
  secure(serverName: string): void;
  /** Half-close (a TCP FIN): what the target still sends is read. */
  end(): void;
  close(): void;
}

/** `message` is for people: it says what to look at. */
export class Unreachable extends Error {}

/** Throws Unreachable within `dialSeconds`. */
export async function dial(resource: PostgresResource): Promise<Upstream> {
  requireReach(resource);
  return connectTcp(resource);
}

/** Throws Unreachable where the resource's address may not be dialled. */
export function requireReach({ host, network }: Pick<Resource, "host" | "network">): void {
  const reach = reachOf(host);
  if (reach === "never") {
    throw new Unreachable(`${host} is an address that the gateway never dials.`);
  }
  if (reach === "private" && network !== "private") {
    throw new Unreachable(`${host} is a private address; its resource must say network: private.`);
  }
}

/** A secret of the resource's, opened for the one use that follows. Throws an Unreachable. */
export async function secretOf(
  env: { readonly SEALING_KEYS: string },
  rule: SecretRule,
  sealed: Readonly<Record<string, string>>,
): Promise<string> {
  if ("secret" in rule) {
    const kept = sealed[rule.secret];
    if (kept === undefined) throw new Unreachable(`The secret ${rule.secret} has not been set.`);
    return open(env, secretPurpose(rule.secret), kept);
  }
  const value = (env as Readonly<Record<string, unknown>>)[rule.env];
  if (typeof value === "string") return value;
  throw new Unreachable(`The gateway has no secret named ${rule.env}.`);
}

/** The target's password. Null: the target asks for none. */
export const passwordOf = async (
  env: { readonly SEALING_KEYS: string },
  password: SecretRule | null,
  sealed: Readonly<Record<string, string>>,
): Promise<Uint8Array | null> =>
  password === null ? null : utf8(await secretOf(env, password, sealed));
