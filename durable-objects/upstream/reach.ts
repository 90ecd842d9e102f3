import { reachOf } from "../../core/address.ts";
import type { Resource } from "../../core/session.ts";

/** `message` is for people: it says what to look at. */
export class Unreachable extends Error {}

/** Throws Unreachable where the resource may not lead there (CONTRACTS §9). Looks up no name. */
export function mustReach(host: string, network: Resource["network"]): void {
  const reach = reachOf(host);
  if (reach === "never") {
    throw new Unreachable(`${host} is an address that the gateway never dials.`);
  }
  if (reach === "private" && network !== "private") {
    throw new Unreachable(`${host} is a private address; its resource must say network: private.`);
  }
}
