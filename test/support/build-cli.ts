import { rmSync } from "node:fs";
import { buildCli, CLI_FILE } from "../../scripts/build-cli.ts";

/**
 * Once per run, so that tests start the command line that people start. One that cannot be built
 * fails the tests that start it, and leaves the others alone.
 */
export default async function prepare(): Promise<void> {
  await buildCli().catch((error: Error) => {
    rmSync(CLI_FILE, { force: true });
    console.error(error.message);
  });
}
