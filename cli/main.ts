import { processContext } from "./context.ts";
import { buildProgram, runProgram } from "./program.ts";

const context = processContext();

// A reader that has seen enough (`sluice sessions | head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await runProgram(buildProgram(context), context, process.argv.slice(2));
