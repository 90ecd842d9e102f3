/**
 * Core's whole outside world. The compiler knows no other global here, so `fetch`, timers,
 * `crypto`, `console` and `process` do not compile in this folder.
 */
declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(input?: Uint8Array | ArrayBuffer, options?: { stream?: boolean }): string;
}
/** Parses, and reaches nothing. */
declare class URL {
  constructor(url: string);
  readonly hostname: string;
}
