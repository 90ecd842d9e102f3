import { rmSync } from "node:fs";
import { buildDashboard, DASHBOARD } from "../../scripts/build-dashboard.ts";

/** Once per run, as the command line: pages that cannot be built fail the tests that serve them. */
export default async function prepare(): Promise<void> {
  await buildDashboard().catch((error: Error) => {
    rmSync(DASHBOARD, { recursive: true, force: true });
    console.error(error.message);
  });
}
