import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Edge, OPEN_POLICY } from "./edge.ts";
import { FakePostgres, query } from "./fake-postgres.ts";

/* What came to pass before the session had its row: no notice reached it, so it asks. */

let edge: Edge;
let target: FakePostgres;
beforeAll(async () => {
  edge = await Edge.start();
});
afterAll(() => edge.stop());
beforeEach(async () => {
  target = new FakePostgres(() => {});
  await target.listen();
});
afterEach(() => target.stop());

const MINUTE = 60_000;

type Given = {
  readonly groups?: readonly string[];
  readonly readMinutesAgo?: number;
  readonly signInEnded?: boolean;
  readonly openingClosed?: boolean;
};

/** A session of somebody of whom D1 says this, about to be opened. */
async function given({ groups, readMinutesAgo, signInEnded, openingClosed }: Given) {
  const spec = edge.spec(target.port);
  const id = `u-${spec.id}`;
  const now = Date.now();
  const readAt = now - (readMinutesAgo ?? 0) * MINUTE;
  await edge.row(
    "insert into principals values (?, 'ada', 'person', ?, ?, 0)",
    id,
    JSON.stringify(groups ?? spec.principal.groups),
    `${readAt}`,
  );
  const ended = signInEnded ? `${now}, 'signed-out'` : "null, null";
  await edge.row(
    `insert into sign_ins (id, principal, way, started_at, ends_at, ended_at, end_reason)
     values (?, ?, 'browser', 0, ${now + MINUTE}, ${ended})`,
    `tok-${spec.id}`,
    id,
  );
  const closed = openingClosed ? now : null;
  await edge.row(
    `insert into openings values (?, ?, ?, ${now}, ${closed}, null)`,
    spec.id,
    `tok-${spec.id}`,
    id,
  );
  return { ...spec, principal: { ...spec.principal, id } };
}

describe("a session that opens", () => {
  it.each<[string, Given, string]>([
    ["the sign-in has ended", { signInEnded: true }, "revoked"],
    ["it was revoked before it had a row", { openingClosed: true }, "revoked"],
    ["the groups are others by now", { groups: ["leads"] }, "groups-changed"],
    ["nobody has vouched for a quarter of an hour", { readMinutesAgo: 16 }, "groups-stale"],
  ])("ends at once when %s", async (_, state, code) => {
    const client = await edge.open(await given(state));
    expect((await client.frame("close")).code).toBe(code);
    expect(target.queries).toEqual([]);
  });

  it("ends at once when the access that it was given has been withdrawn", async () => {
    const granted = [{ grant: "on-call", endsAt: Date.now() + MINUTE }];
    const client = await edge.open({ ...(await given({})), granted });
    expect((await client.frame("close")).code).toBe("grant-withdrawn");
    expect(target.queries).toEqual([]);
  });

  it("goes on when all stands, whatever the order of the groups", async () => {
    const spec = await given({ groups: ["leads", "engineers"], readMinutesAgo: 14 });
    const groups = ["engineers", "leads"];
    const client = await edge.open({ ...spec, principal: { ...spec.principal, groups } });
    await client.logIn();
    client.socket.close();
  });

  it("decides its first statement by the policy that came into force meanwhile", async () => {
    const stricter = OPEN_POLICY.replace(
      "guardrails:",
      "guardrails:\n  - { id: closed, then: block, message: Closed for today. }",
    );
    await edge.row("insert into policies values ('pol_2', 2, ?, '', 'max', 'max', 0)", stricter);
    const client = await (await edge.open(await given({}))).logIn();
    client.send(query("select v from t"));
    expect((await client.answered()).toString()).toContain("Closed for today.");
    expect(target.queries).toEqual([]);
    client.socket.close();
  });
});
