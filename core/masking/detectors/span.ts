/**
 * Where a detector found something: half-open, in bytes. One object is reused, so nothing is
 * allocated.
 */
export type Span = { start: number; end: number };

/**
 * Looks at a place whose byte woke the detector. It may reach back to `from`, never further; true:
 * `span` is set, and scanning goes on at its end.
 */
export type Detect = (
  cell: Uint8Array,
  at: number,
  from: number,
  to: number,
  span: Span,
) => boolean;
