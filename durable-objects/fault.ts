/**
 * A defect of ours, for whoever operates the gateway: what and where, never the error's message,
 * which may quote what somebody typed.
 */
export function logFault(doing: string, session: string, error: unknown): void {
  const name = error instanceof Error ? error.name : typeof error;
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const at = stack.split("\n").filter((line) => /^\s+at /.test(line));
  console.error(JSON.stringify({ fault: name, doing, session, at: at.slice(0, 5) }));
}
