import { ConfigError } from "../errors.ts";
import type { z } from "../zod.ts";
import type { Located, Path } from "./yaml.ts";

/** An error about the value at a path, or about one key within the mapping there. */
export function errorAt(
  code: string,
  path: Path,
  message: string,
  located: Located,
  key?: string,
): ConfigError {
  const at = key === undefined ? located.positionOf(path) : located.positionOfKey(path, key);
  const where = path.length === 0 ? "" : `${path.map(String).join(".")}: `;
  return new ConfigError(code, where + message, at);
}

/** What a schema found, each at its line and column; codes are `KIND.shape` and `KIND.key`. */
export const shapeErrors = (
  kind: string,
  issues: readonly z.core.$ZodIssue[],
  located: Located,
): ConfigError[] =>
  issues.flatMap((issue) => {
    if (issue.code !== "unrecognized_keys") {
      return [errorAt(`${kind}.shape`, issue.path, issue.message, located)];
    }
    return issue.keys.map((key) =>
      errorAt(`${kind}.key`, issue.path, `unknown key "${key}"`, located, key),
    );
  });
