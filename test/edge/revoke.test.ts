import { afterAll, beforeAll, expect, it } from "vitest";
import { Tunnel } from "../../cli/tunnel/tunnel.ts";
import { signIn } from "../../demo/sign-in.ts";
import { startTestDemo, type TestDemo } from "../support/demo.ts";
import { FakePostgres, READY, startup } from "./fake-postgres.ts";

const sessions = 1_000;
/** At once: each is a request to the worker and a connection to the target. */
const opening = 16;
/** Promised is one second; a machine that is busy with other things gets thirty. */
const endedWithinMs = 30_000;

const policy = (port: number): string => `
resources:
  - { name: shop-db, type: postgres, host: 127.0.0.1, port: ${port}, database: shop, user: sluice,
      tls: disable, network: private }
grants:
  - { id: all, groups: [engineers], resources: [shop-db], access: [read, write] }
roles: { admin: [admins] }
`;

let target: FakePostgres;
let demo: TestDemo;

beforeAll(async () => {
  target = new FakePostgres(() => {});
  await target.listen();
  demo = await startTestDemo({ policy: policy(target.port), log: () => {} });
});
afterAll(async () => {
  await demo.stop();
  await target.stop();
});

type Ended = { readonly code: string; readonly at: number };

/** Logged in; what it answers settles when the gateway ends it. */
async function liveSession(token: string): Promise<{ ended: Promise<Ended> }> {
  const in_ = Promise.withResolvers<void>();
  const over = Promise.withResolvers<Ended>();
  let received = Buffer.alloc(0);
  const tunnel = await Tunnel.open(demo.url, "shop-db", token, {
    data: (bytes) => {
      received = Buffer.concat([received, bytes]);
      if (received.includes(READY)) in_.resolve();
    },
    end: () => {},
    credit: () => {},
    closed: ({ code }) => {
      over.resolve({ code, at: performance.now() });
      in_.resolve();
    },
  });
  tunnel.send(startup());
  await in_.promise;
  return { ended: over.promise };
}

it("ends a thousand live sessions soon after their sign-in has been revoked", async () => {
  const live: Promise<Ended>[] = [];
  const { access_token: token, refresh_token } = await signIn(demo.url, "ada");
  const open = async () => {
    while (live.length < sessions) {
      const { promise, resolve } = Promise.withResolvers<Ended>();
      live.push(promise);
      const { ended } = await liveSession(token);
      void ended.then(resolve);
    }
  };
  await Promise.all(Array.from({ length: opening }, open));
  const early = await Promise.race([...live, new Promise((go) => setTimeout(go, 0, "none"))]);
  expect(early).toBe("none");

  const begun = performance.now();
  const body = new URLSearchParams({ token: refresh_token ?? "" });
  await fetch(`${demo.url}/oauth/revoke`, { method: "POST", body });
  const ended = await Promise.all(live);
  const took = ended.map(({ at }) => at - begun).toSorted((a, b) => a - b);
  const ms = (value: number | undefined) => `${Math.round(value ?? 0)} ms`;
  console.log(
    `${sessions} sessions ended: the first after ${ms(took[0])}, half of them after ` +
      `${ms(took[sessions / 2])}, the last after ${ms(took.at(-1))}`,
  );
  expect(new Set(ended.map(({ code }) => code))).toEqual(new Set(["signed-out"]));
  expect(took.at(-1)).toBeLessThan(endedWithinMs);
}, 600_000);
