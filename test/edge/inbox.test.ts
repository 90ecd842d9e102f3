import { once } from "node:events";
import { expect, test } from "vitest";
import WebSocket from "ws";
import type { ReviewView } from "../../core/api/review.ts";
import type { PersonName } from "../../demo/people.ts";
import { Browser } from "../../demo/sign-in.ts";
import { cli, spawnCli, useDemo } from "../support/demo.ts";

/* The inbox of reviews that pages watch, against the whole demo. */

const demo = useDemo();

type Told = { readonly on: "hello" } | { readonly on: "review"; readonly review: ReviewView };

/** A page's WebSocket, and what it is told. */
class Inbox {
  readonly told: Told[] = [];
  readonly socket: WebSocket;
  #wake: () => void = () => {};

  private constructor(cookie: string, origin: string) {
    const url = `${demo().url.replace("http", "ws")}/api/reviews/live`;
    this.socket = new WebSocket(url, { headers: { cookie, origin } });
    this.socket.on("message", (data: Buffer) => {
      if (data.toString() === "pong") return;
      this.told.push(JSON.parse(data.toString()) as Told);
      this.#wake();
    });
  }

  static async open(cookie: string, origin = demo().url): Promise<Inbox> {
    const inbox = new Inbox(cookie, origin);
    await once(inbox.socket, "open");
    await inbox.until(({ on }) => on === "hello");
    return inbox;
  }

  async until(wanted: (told: Told) => boolean): Promise<Told> {
    for (;;) {
      const found = this.told.find(wanted);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async review(state: ReviewView["state"]): Promise<ReviewView> {
    const told = await this.until((each) => each.on === "review" && each.review.state === state);
    return (told as Extract<Told, { on: "review" }>).review;
  }
}

const signedIn = (person: PersonName): Promise<string> => new Browser(person).signIn(demo().url);

const vote = (cookie: string, id: string, verb: "approve" | "reject", origin = demo().url) =>
  fetch(`${demo().url}/api/reviews/${id}/${verb}`, {
    method: "POST",
    headers: { cookie, origin, "content-type": "application/json" },
    body: JSON.stringify({ comment: "as agreed" }),
  });

test("a held statement comes to who may see it, and what becomes of it", async () => {
  const [rui, ada] = [await signedIn("rui"), await signedIn("ada")];
  const [theirs, own] = [await Inbox.open(rui), await Inbox.open(ada)];
  const asking = cli(demo(), ["sql", "shop-db", "update products set stock = stock"], {
    as: "ada",
  });
  const seen = await theirs.review("pending");
  expect(seen).toMatchObject({ principal: "ada", resource: "shop-db", unbounded: true });
  expect([seen.mayVote, (await own.review("pending")).mayVote]).toEqual([true, false]);
  expect((await vote(ada, seen.id, "approve")).status).toBe(403);
  expect((await vote(rui, seen.id, "approve", "https://evil.example")).status).toBe(403);
  expect((await vote(rui, seen.id, "approve")).status).toBe(200);
  expect((await own.review("approved")).votes).toMatchObject([{ by: "rui", comment: "as agreed" }]);
  expect((await asking).code).toBe(0);
  expect((await vote(rui, seen.id, "reject")).status).toBe(409);
  for (const { socket } of [theirs, own]) socket.terminate();
});

test("a statement whose client leaves is withdrawn in every inbox", async () => {
  const inbox = await Inbox.open(await signedIn("rui"));
  const sql = "update orders set note = note";
  const child = await spawnCli(demo(), ["sql", "shop-db", sql], { as: "ada" });
  const { id } = await inbox.review("pending");
  child.kill();
  expect((await inbox.review("withdrawn")).id).toBe(id);
  inbox.socket.terminate();
});

test("of one person's inboxes the oldest gives way to the twenty-first", async () => {
  const cookie = await signedIn("ida");
  const first = await Inbox.open(cookie);
  const others = await Promise.all(Array.from({ length: 19 }, () => Inbox.open(cookie)));
  expect(first.socket.readyState).toBe(WebSocket.OPEN);
  const closed = once(first.socket, "close");
  const last = await Inbox.open(cookie);
  expect((await closed)[0]).toBe(1008);
  for (const { socket } of [...others, last]) socket.terminate();
});

test("an inbox answers pings, takes nothing else, and is for our own pages", async () => {
  const cookie = await signedIn("rui");
  const { socket } = await Inbox.open(cookie);
  socket.send("ping");
  const [pong] = (await once(socket, "message")) as [Buffer];
  expect(pong.toString()).toBe("pong");
  socket.send("anything");
  expect((await once(socket, "close"))[0]).toBe(1008);
  await expect(Inbox.open(cookie, "https://evil.example")).rejects.toThrow(/403/);
  await expect(Inbox.open("")).rejects.toThrow(/401/);
});
