import { ASKING } from "./rows/asking.ts";
import { BACK_AGAIN } from "./rows/back.ts";
import { READING } from "./rows/reading.ts";
import type { Row } from "./rows/row.ts";
import { SESSION } from "./rows/session.ts";
import { SHAPE } from "./rows/shape.ts";
import { SILENT } from "./rows/silent.ts";
import { VALUE } from "./rows/value.ts";
import { WAYS } from "./rows/ways.ts";

/** Every attack that SQL alone can carry. Rows are added and changed, and never removed. */
export const ROWS: readonly Row[] = [
  ...SHAPE,
  ...VALUE,
  ...BACK_AGAIN,
  ...SILENT,
  ...ASKING,
  ...WAYS,
  ...SESSION,
  ...READING,
];
