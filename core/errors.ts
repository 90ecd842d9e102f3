/**
 * Errors say whose fault they are and carry a stable code. Inside `Engine.step` they become
 * actions, never throws.
 */

export abstract class SluiceError extends Error {
  abstract readonly fault: "client" | "upstream" | "config" | "sluice";
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * The client broke the protocol: its session ends with this message, in the protocol's own words.
 */
export class ClientProtocolError extends SluiceError {
  readonly fault = "client";
}

/** The target broke the protocol: the session ends and nothing more of what it sent is believed. */
export class UpstreamProtocolError extends SluiceError {
  readonly fault = "upstream";
}

/** Where in `sluice.yaml` the trouble is; lines and columns count from 1. */
export type Position = { line: number; column: number };

export class ConfigError extends SluiceError {
  readonly fault = "config";
  readonly at: Position | null;
  constructor(code: string, message: string, at: Position | null = null) {
    super(code, at === null ? message : `line ${at.line}, column ${at.column}: ${message}`);
    this.at = at;
  }
}
