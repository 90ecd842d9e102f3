import { buildCli } from "../../scripts/build-cli.ts";

/** Once per run, so that tests start the command line that people start. */
export default buildCli;
