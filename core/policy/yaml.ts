import { isMap, isScalar, LineCounter, parseDocument } from "yaml";
import type { Position } from "../errors.ts";

export type Path = readonly PropertyKey[];

/**
 * A YAML text that knows where each of its parts stands. The one file that names the `yaml`
 * package.
 */
export type Located = {
  readonly value: unknown;
  readonly problems: readonly { readonly message: string; readonly at: Position }[];
  /** Of the value at a path, or of its nearest parent that is written down. */
  positionOf(path: Path): Position;
  /** Of a key within the mapping at a path. */
  positionOfKey(path: Path, key: string): Position;
};

/** Reads one YAML 1.2 document. Never throws; duplicate keys and bad syntax are `problems`. */
export function readYaml(source: string): Located {
  const lines = new LineCounter();
  const tree = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const nodeAt = (path: Path): { range?: readonly number[] | null } | null => {
    const node = path.length === 0 ? tree.contents : tree.getIn(path as unknown[], true);
    return typeof node === "object" ? node : null;
  };
  const positionOf = (path: Path): Position => {
    for (let length = path.length; length >= 0; length--) {
      const start = nodeAt(path.slice(0, length))?.range?.[0];
      if (start !== undefined) return at(start);
    }
    return { line: 1, column: 1 };
  };
  const positionOfKey = (path: Path, key: string): Position => {
    const node = nodeAt(path);
    const pair = isMap(node)
      ? node.items.find((item) => isScalar(item.key) && item.key.value === key)
      : undefined;
    const start = isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
    return start === undefined ? positionOf(path) : at(start);
  };
  const problems = tree.errors.map((e) => ({ message: e.message, at: at(e.pos[0]) }));
  return { ...toValue(tree, problems, at(0)), positionOf, positionOfKey };
}

/**
 * Aliases that multiply ("billion laughs") make the library throw; that is a problem like any
 * other.
 */
function toValue(
  tree: ReturnType<typeof parseDocument>,
  problems: Located["problems"],
  top: Position,
): Pick<Located, "value" | "problems"> {
  if (problems.length > 0) return { value: null, problems };
  try {
    return { value: tree.toJS({ maxAliasCount: 50 }), problems };
  } catch (error) {
    return { value: null, problems: [{ message: (error as Error).message, at: top }] };
  }
}
