import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Capture, readCapture } from "./capture.ts";
import { postgresWords } from "./postgres-engine.ts";

export const captureFolder = join(import.meta.dirname, "../captures/postgres");

/** Every golden conversation, in the order of their names. */
export const postgresCaptures = (): readonly Capture[] =>
  readdirSync(captureFolder)
    .filter((file) => file.endsWith(".txt"))
    .toSorted()
    .map((file) => {
      const text = readFileSync(join(captureFolder, file), "utf8");
      return readCapture(file.replace(/\.txt$/, ""), text, postgresWords);
    });
