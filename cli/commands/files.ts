import { readFile } from "node:fs/promises";
import { reasonOf, usage } from "../failure.ts";

/** A file that the person named. Throws a Failure with exit code 2. */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw usage(reasonOf(error));
  }
}
