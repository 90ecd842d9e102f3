import type { Node } from "./grammar.ts";

/** A wrapped node is an object with one key, the node's name: `{ ColumnRef: {...} }`. */
export function kindOf(node: unknown): string | null {
  if (node === null || typeof node !== "object" || Array.isArray(node)) return null;
  const keys = Object.keys(node);
  const [key] = keys;
  return keys.length === 1 && key !== undefined && /^[A-Z]/.test(key) ? key : null;
}

/** The texts of a list of String nodes: a qualified name, a list of columns. */
export const strings = (list: readonly Node[] | undefined): string[] =>
  (list ?? []).map((item) => (item.String?.sval as string | undefined) ?? "*");

export const last = <T>(list: readonly T[]): T | undefined => list[list.length - 1];

/**
 * Every object below `root` with the key that it stands under (a node's name, or a field's for
 * nodes that are not wrapped), in no promised order. Iterative: depth costs no stack. The parts of
 * names are left out: they are half of all objects, have nothing below, and `strings` reads them.
 */
export function visit(root: unknown, visitor: (key: string, node: Node) => void): void {
  const stack: unknown[] = [root];
  while (stack.length > 0) {
    const value = stack.pop();
    if (value === null || typeof value !== "object") continue;
    if (Array.isArray(value)) {
      for (const item of value) stack.push(item);
      continue;
    }
    // What JSON.parse made has no inherited keys.
    for (const key in value) {
      const child: unknown = (value as Node)[key];
      if (child === null || typeof child !== "object" || key === "String") continue;
      if (!Array.isArray(child)) visitor(key, child);
      stack.push(child);
    }
  }
}

/** The statement was too deep or too large to be followed: it becomes `unknown`. */
export class TooDeep extends Error {}
