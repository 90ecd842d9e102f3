import { residentKb } from "../demo/processes.ts";

const sampleMs = 100;

/** The most that a process had resident until the work was done, sampled. */
export async function mostResidentKb(pid: number, work: Promise<unknown>): Promise<number> {
  let most = residentKb(pid);
  const sampling = setInterval(() => (most = Math.max(most, residentKb(pid))), sampleMs);
  try {
    await work;
    return most;
  } finally {
    clearInterval(sampling);
  }
}
