import type { Catalog } from "../core/catalog.ts";
import { type Judged, judging, type Scene } from "../core/rehearsal/judged.ts";
import { nodeCrypto } from "./crypto.ts";
import { grammar, grammarReady } from "./grammar.ts";

/** Every text of every scene. The caller bounds how many: the clock stands still meanwhile. */
export async function judgeAll(
  catalog: Catalog | null,
  scenes: readonly Scene[],
): Promise<Judged[][]> {
  const all: Judged[][] = [];
  for (const scene of scenes) {
    const judge = judging(scene, catalog, grammar, nodeCrypto);
    const judged: Judged[] = [];
    for (const text of scene.texts) {
      await grammarReady();
      judged.push(judge(text));
    }
    all.push(judged);
  }
  return all;
}
