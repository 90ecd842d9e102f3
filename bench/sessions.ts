import type { Effort } from "./effort.ts";
import { type Line, linesFor } from "./session-lines.ts";
import { type D1, seedSessions } from "./session-store.ts";
import { quantile, Table } from "./sheet.ts";
import type { World } from "./world.ts";

/** A line that is slow is asked less often. */
const lineMs = 4_000;

/** The list of sessions over a full store, through the real route. */
export class SessionsBench {
  readonly table = new Table({
    title: "The list of sessions, ms for a page of 50",
    columns: ["median", "99 of 100", "without an index"],
    digits: 1,
  });
  readonly tables = [this.table];
  #isDone = false;

  /** Once: what is read often is in memory, wherever the state lies. */
  async run(world: World, { listed, asked, repeats }: Effort): Promise<void> {
    if (this.#isDone) return;
    this.#isDone = true;
    const { demo } = world;
    const db = await demo.gateway.miniflare.getD1Database("DB");
    const begun = performance.now();
    const ids = await seedSessions(db, listed);
    const seconds = ((performance.now() - begun) / 1000).toFixed(0);
    console.error(`${listed.toLocaleString("en")} sessions made in ${seconds} s`);
    for (let repeat = 0; repeat < repeats; repeat++) {
      const tokens = { ida: await demo.token("ida"), ada: await demo.token("ada") };
      for (const { name, path, as, without } of linesFor(ids)) {
        const ask = () => page(`${demo.url}/api${path}`, tokens[as]);
        await ask();
        const taken = await times(ask, asked);
        this.table.add(name, world.state, "median", quantile(taken, 0.5));
        this.table.add(name, world.state, "99 of 100", quantile(taken, 0.99));
        if (without === null) continue;
        const [slow = 0] = await times(() => rows(db, without), 1);
        this.table.add(name, world.state, "without an index", slow);
      }
    }
  }
}

async function page(url: string, token: string): Promise<void> {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const body = await answer.text();
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${body}`);
}

const rows = (db: D1, { sql, values }: NonNullable<Line["without"]>) =>
  db
    .prepare(sql)
    .bind(...values)
    .all();

async function times(ask: () => Promise<unknown>, count: number): Promise<number[]> {
  const taken: number[] = [];
  const until = performance.now() + lineMs;
  while (taken.length < count && performance.now() < until) {
    const begun = performance.now();
    await ask();
    taken.push(performance.now() - begun);
  }
  return taken;
}
