import type { Catalog } from "../core/catalog.ts";
import { type Judged, judging, type Scene } from "../core/rehearsal/judged.ts";
import { nodeCrypto } from "./crypto.ts";
import { grammar, grammarReady } from "./grammar.ts";

/** All that every scene asks. The caller bounds how many: the clock stands still meanwhile. */
export async function judgeAll(
  catalog: Catalog | null,
  scenes: readonly Scene[],
): Promise<Judged[][]> {
  const all: Judged[][] = [];
  for (const scene of scenes) {
    const judge = judging(scene, catalog, grammar, nodeCrypto);
    const judged: Judged[] = [];
    for (const asked of scene.asked) {
      await grammarReady();
      judged.push(judge(asked));
    }
    all.push(judged);
  }
  return all;
}
