import { utf8 } from "../../core/bytes.ts";
import type { PostgresResource, SecretRule } from "../../core/session.ts";
import { mustReach } from "./reach.ts";
import { openSecret, type SecretEnv } from "./secret.ts";
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

/** Throws Unreachable within `dialSeconds`. */
export async function dial(resource: PostgresResource): Promise<Upstream> {
  mustReach(resource.host, resource.network);
  return connectTcp(resource);
}

/** The target's password, opened for the one login that follows. Null: the target asks for none. */
export const passwordOf = async (
  env: SecretEnv,
  password: SecretRule | null,
  sealed: Readonly<Record<string, string>>,
): Promise<Uint8Array | null> =>
  password === null ? null : utf8(await openSecret(env, password, sealed));
