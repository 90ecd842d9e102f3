import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Edge, eventually } from "./edge.ts";
import { complete, FakePostgres, READY } from "./fake-postgres.ts";

/*
 * The disk under the gateway's state fills up. The runtime then takes the object away before its
 * bytes leave, so the client sees a lost connection. A small file system needs root to mount it.
 */

const disk = mkdtempSync(join(tmpdir(), "sluice-disk-"));
const filler = join(disk, "filler");
const updated = Buffer.concat([complete("UPDATE 1"), READY]);
const mounted = mount();

let edge: Edge;
let target: FakePostgres;

function mount(): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", disk], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

beforeAll(async () => {
  if (!mounted) return;
  edge = await Edge.start({ stateDir: disk });
  target = new FakePostgres((_, socket) => socket.write(updated));
  await target.listen();
});
afterAll(async () => {
  if (mounted) {
    await edge.stop();
    await target.stop();
    execFileSync("umount", [disk]);
  }
  rmSync(disk, { recursive: true, force: true });
});

it("ends the session, and nothing is done or shown that is not recorded", async (context) => {
  if (!mounted) context.skip("needs root: mount -t tmpfs");
  const spec = edge.spec(target.port);
  const client = await (await edge.open(spec)).logIn();
  client.acknowledges = true;
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - 1024 * 1024)));
  const text = "x".repeat(50_000);
  const work = async () => {
    for (let n = 0; ; n++) await client.ask(`update t set n = ${n}, v = '${text}'`);
  };
  await work().catch(() => {});
  await client.gone();
  const done = target.queries.length;
  expect(done).toBeGreaterThan(1);
  rmSync(filler);
  await eventually(() => edge.journal(spec.id).catch(() => null));
  await eventually(() => edge.ended(spec.id));
  const facts = await edge.recording(spec.id);
  const shown = Buffer.concat(
    facts.flatMap((fact) => (fact.kind === "toClient" ? [fact.bytes] : [])),
  );
  const { received } = client;
  expect(shown.subarray(0, received.length).equals(received)).toBe(true);
  expect(facts.filter(({ kind }) => kind === "command").length).toBeGreaterThanOrEqual(done);
  expect(await edge.verdict(spec.id)).toBe("whole");
}, 120_000);
