import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeGateway } from "./fake-gateway.ts";
import { type Ran, run } from "./run.ts";

let gateway: FakeGateway;
beforeEach(async () => void (gateway = await FakeGateway.start()));
afterEach(() => gateway.stop());

const sluice = (...argv: readonly string[]): Promise<Ran> =>
  run(argv, { SLUICE_URL: gateway.url, SLUICE_TOKEN: "t-ada", XDG_STATE_HOME: "/nowhere" });

const ID = "slt_aaaaaaaaaaaaaaaaaaaaaaaaaa";
const VIEW = {
  id: ID,
  name: "nightly",
  owner: { id: "ada", name: "ada" },
  scopes: ["sessions:read", "audit:read"],
  createdAt: "2026-11-25T12:00:00.000Z",
  expiresAt: "2026-12-25T12:00:00.000Z",
  lastUsedAt: null,
  revokedAt: null,
};

describe("token", () => {
  it("create prints the token alone on standard output", async () => {
    gateway.handle = () => ({ status: 201, json: { ...VIEW, token: "slt_secret" } });
    const scopes = ["--scope", "sessions:read", "--scope", "audit:read"];
    const { code, out, err } = await sluice("token", "create", "nightly", ...scopes, "--days", "7");
    expect([code, out]).toEqual([0, "slt_secret\n"]);
    expect(err).toContain("not shown again");
    expect(gateway.requests.map(({ method, url, body }) => [method, url, body])).toEqual([
      [
        "POST",
        "/api/tokens",
        '{"name":"nightly","scopes":["sessions:read","audit:read"],"days":7}',
      ],
    ]);
  });

  it.each([
    ["no scope", []],
    ["a scope that is none", ["--scope", "reviews:vote"]],
    ["too many days", ["--scope", "audit:read", "--days", "91"]],
  ])("create asks nobody with %s", async (_, options) => {
    expect((await sluice("token", "create", "nightly", ...options)).code).toBe(2);
    expect(gateway.requests).toEqual([]);
  });

  it("ls and revoke show tokens without their secrets", async () => {
    gateway.handle = ({ method }) =>
      method === "GET"
        ? { status: 200, json: { items: [VIEW], next: null } }
        : { status: 200, json: { ...VIEW, revokedAt: VIEW.createdAt } };
    const listed = await sluice("token", "ls");
    expect(listed.out).toContain("sessions:read audit:read  2026-12-25T12:00:00.000Z  never");
    const revoked = await sluice("token", "revoke", ID);
    expect(revoked.out).toContain("revoked");
    expect(gateway.requests.at(-1)).toMatchObject({ url: `/api/tokens/${ID}/revoke` });
  });
});
