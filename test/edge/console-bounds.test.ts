import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { bundleWorker } from "../../demo/bundle.ts";
import { ConsoleClient } from "../support/console.ts";
import { startTestDemo, type TestDemo } from "../support/demo.ts";
import { withBounds } from "./edge.ts";

/* What ends a console by itself, with times that a test can wait for. */

const bounds = {
  pingSeconds: 1,
  consoleReadSeconds: 1,
  consoleSilentSeconds: 2,
  consoleIdleSeconds: 4,
};

let demo: TestDemo;
let console: ConsoleClient;
let pings: ReturnType<typeof setInterval>;
beforeAll(async () => {
  const modules = await bundleWorker(undefined, [withBounds(bounds)]);
  demo = await startTestDemo({ modules });
});
afterAll(() => demo?.stop());
afterEach(() => {
  clearInterval(pings);
  console.socket.terminate();
});

async function open(): Promise<void> {
  const headers = { authorization: `Bearer ${await demo.token("ada")}` };
  console = await ConsoleClient.connect(`${demo.url}/api/console/shop-db`, headers);
  await console.opened();
}

function pinging(): void {
  pings = setInterval(() => console.socket.send("ping"), 200);
}

it("a console of which nobody asks anything ends with a reason", async () => {
  await open();
  pinging();
  expect(await console.hear("ended")).toMatchObject({ code: "idle" });
});

it("a page that is not heard of loses its console", async () => {
  await open();
  expect(await console.hear("ended")).toMatchObject({ code: "silent" });
});

it("a statement that takes long is not idle, and rows that nobody reads are let go", async () => {
  await open();
  pinging();
  expect((await console.run("select pg_sleep(6)")).end).toMatchObject({ on: "done" });
  console.begin("select n from generate_series(1, 2000) n");
  expect(await console.hear("done")).toMatchObject({ rows: 500, whole: false });
  expect((await console.run("select 1")).rows).toEqual([["1"]]);
});
