import { reachOf } from "../../core/address.ts";
import { utf8 } from "../../core/bytes.ts";
import type { Resource, SessionSpec } from "../../core/session.ts";
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
export async function dial(resource: Resource): Promise<Upstream> {
  const reach = reachOf(resource.host);
  if (reach === "never") {
    throw new Unreachable(`${resource.host} is an address that the gateway never dials.`);
  }
  if (reach === "private" && resource.network !== "private") {
    throw new Unreachable(
      `${resource.host} is a private address; its resource must say network: private.`,
    );
  }
  return connectTcp(resource);
}

/** The target's password, opened for the one login that follows. Null: the target asks for none. */
export async function passwordOf(
  env: { readonly SEALING_KEYS: string },
  credential: SessionSpec["credential"],
): Promise<Uint8Array | null> {
  if (credential === null) return null;
  if ("sealed" in credential) {
    return utf8(await open(env, secretPurpose(credential.name), credential.sealed));
  }
  const value = (env as Readonly<Record<string, unknown>>)[credential.env];
  if (typeof value !== "string") {
    throw new Unreachable(`The gateway has no secret named ${credential.env}.`);
  }
  return utf8(value);
}
