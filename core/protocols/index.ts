import type { Engine } from "../engine.ts";
import { createPostgresEngine } from "./postgres/engine.ts";
import type { EngineParts } from "./postgres/state.ts";

/**
 * Every stream protocol that is served. A new one is one line here and one folder beside this file.
 */
const ENGINES = {
  postgres: createPostgresEngine,
} as const satisfies Record<string, (parts: EngineParts) => Engine>;

export type Protocol = keyof typeof ENGINES;
export type { EngineParts };

export const createEngine = (protocol: Protocol, parts: EngineParts): Engine =>
  ENGINES[protocol](parts);
