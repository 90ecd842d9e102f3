import type { Engine } from "../engine.ts";
import type { ExchangeEngine } from "../exchange.ts";
import type { Masker } from "../masker.ts";
import type { ExchangeSpec } from "../session.ts";
import { HttpEngine } from "./http/engine.ts";
import { createPostgresEngine } from "./postgres/engine.ts";
import type { Matches } from "./http/schema-reading.ts";
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

export type ExchangeParts = {
  readonly spec: ExchangeSpec;
  readonly masker: Masker;
  /** Finds a pattern in texts, in linear time. */
  readonly matches: Matches;
};

/** Every protocol of requests and responses. */
const EXCHANGE_ENGINES = {
  http: ({ spec, masker, matches }: ExchangeParts) =>
    new HttpEngine(spec.resource, masker, matches),
} as const satisfies Record<string, (parts: ExchangeParts) => ExchangeEngine>;

export const createExchangeEngine = (parts: ExchangeParts): ExchangeEngine =>
  EXCHANGE_ENGINES[parts.spec.resource.type](parts);
