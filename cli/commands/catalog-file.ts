import { savedCatalog, type SavedCatalog } from "../../core/api/catalog.ts";
import { jsonOrNull, usage } from "../failure.ts";
import { readText } from "./files.ts";

/** What `sluice policy catalog` saved. Throws a Failure with exit code 2 that says why not. */
export async function readCatalog(file: string): Promise<SavedCatalog> {
  const json = jsonOrNull(await readText(file));
  if (json === null) throw usage(`${file} is not JSON.`);
  const parsed = savedCatalog.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.map(String).join(".") ?? "";
  const what = `${where === "" ? "" : `${where}: `}${issue?.message ?? "it has another shape"}`;
  throw usage(`${file} is not a catalog that \`sluice policy catalog\` saved: ${what}.`);
}
