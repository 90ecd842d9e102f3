import type { Engine } from "../engine.ts";
import type { ExchangeEngine } from "../exchange.ts";
import type { Masker } from "../masker.ts";
import type { ExchangeSpec } from "../session.ts";
import { HttpEngine } from "./http/engine.ts";
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

/** Every protocol of requests and responses. */
const EXCHANGE_ENGINES = {
  http: ({ resource }: ExchangeSpec, masker: Masker) => new HttpEngine(resource, masker),
} as const satisfies Record<string, (spec: ExchangeSpec, masker: Masker) => ExchangeEngine>;

export const createExchangeEngine = (spec: ExchangeSpec, masker: Masker): ExchangeEngine =>
  EXCHANGE_ENGINES[spec.resource.type](spec, masker);
