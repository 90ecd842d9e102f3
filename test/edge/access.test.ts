import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import pg from "pg";
import type { ReviewView } from "../../core/api/review.ts";
import type { PersonName } from "../../demo/people.ts";
import { cli, type Ran, useDemo } from "../support/demo.ts";
import { openDoor } from "../drivers/gate.ts";

/* Access just in time, as people come by it: asked for, approved, used, ended. */

const policy = readFileSync(join(import.meta.dirname, "../../demo/sluice.yaml"), "utf8").replace(
  "access: [read, write, schema],\n      hours: 8,",
  "access: [read],\n      request: { reviewers: [leads], hours: 1, reason: required },",
);
const demo = useDemo({ policy });

const sluice = (as: PersonName, ...args: string[]): Promise<Ran> => cli(demo(), args, { as });

async function request(hours: string): Promise<ReviewView> {
  const more = ["--reason", "an incident", "--hours", hours, "--json"];
  const { stdout, stderr } = await sluice("ada", "request", "shop-db", ...more);
  expect(stderr).toBe("");
  const [review] = JSON.parse(stdout) as [ReviewView];
  return review;
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  return client;
}

const ended = async (client: pg.Client): Promise<string> => {
  const [error] = (await once(client, "error")) as [Error];
  return error.message;
};

test("asked for, approved, used, and withdrawn while it is used", async () => {
  const before = await sluice("ada", "sql", "shop-db", "select 1");
  expect(before.code).not.toBe(0);
  expect(before.stderr).toContain("You may ask for shop-db");
  expect((await sluice("ada", "request", "shop-db")).stderr).toContain("needs a reason");
  const review = await request("1");
  expect((await sluice("rui", "reviews")).stdout).toContain(`open shop-db for 1 hour: read`);
  expect((await sluice("ada", "reviews", "approve", review.id)).code).not.toBe(0);
  expect((await sluice("rui", "reviews", "approve", review.id)).code).toBe(0);
  const { door, url } = await openDoor(demo(), "shop-db");
  const client = await connect(url);
  expect((await client.query("select count(*)::int as n from orders")).rows).toHaveLength(1);
  await expect(client.query("delete from orders where id = 1")).rejects.toThrow(/write access/);
  const over = ended(client);
  const asked = performance.now();
  expect((await sluice("rui", "withdraw", review.id)).code).toBe(0);
  expect(await over).toMatch(/access to shop-db has been withdrawn/);
  console.log(`ended ${Math.round(performance.now() - asked)} ms after the command began`);
  await expect(connect(url)).rejects.toThrow(/You may ask for shop-db/);
  door.kill();
});

test("ends at its instant, also for who is in the middle of it", async () => {
  const review = await request("0.002");
  await sluice("rui", "reviews", "approve", review.id);
  const { door, url } = await openDoor(demo(), "shop-db");
  const client = await connect(url);
  expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  expect(await ended(client)).toMatch(/grant|access/i);
  await expect(connect(url)).rejects.toThrow(/You may ask for shop-db/);
  door.kill();
});
