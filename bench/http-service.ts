import { once } from "node:events";
import { isMainThread, Worker } from "node:worker_threads";
import { customer, firstOf } from "../demo/billing/data.ts";
import { startUpstream } from "../test/support/http-upstream.ts";

/** Documents by their size in kB: so many customers, with fields that a rule may name. */
export const DOCUMENTS = { 1: 3, 100: 275 } as const;

/** The tests' upstream on a thread of its own, with `/1` and `/100` beside its routes. */
export async function startService(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const worker = new Worker(import.meta.filename, { execArgv: process.execArgv, stdout: true });
  const [url] = (await once(worker.stdout, "data")) as [Buffer];
  return { url: url.toString(), stop: async () => void (await worker.terminate()) };
}

if (!isMainThread) {
  const { told, url } = await startUpstream();
  for (const [name, customers] of Object.entries(DOCUMENTS)) {
    const body = Buffer.from(JSON.stringify({ items: firstOf(customer, customers) }));
    const length = String(body.length);
    told.set(`/${name}`, ({ response }) => {
      response.writeHead(200, ["content-type", "application/json", "content-length", length]);
      response.end(body);
    });
  }
  process.stdout.write(url);
}
