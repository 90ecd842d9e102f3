import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Socket } from "node:net";
import { Client, Edge, eventually } from "./edge.ts";
import {
  complete,
  dataRow,
  FakePostgres,
  query,
  READY,
  ROW_DESCRIPTION,
  startup,
} from "./fake-postgres.ts";

let edge: Edge;
let target: FakePostgres;
let answer: (sql: string, socket: Socket) => void;

beforeAll(async () => {
  edge = await Edge.start();
});
afterAll(() => edge.stop());
beforeEach(async () => {
  answer = (_, socket) =>
    socket.write(
      Buffer.concat([ROW_DESCRIPTION, dataRow(Buffer.from("v")), complete("SELECT 1"), READY]),
    );
  target = new FakePostgres((sql, socket) => answer(sql, socket));
  await target.listen();
});
afterEach(() => target.stop());

const loggedIn = async (spec = edge.spec(target.port)): Promise<Client> =>
  (await edge.open(spec)).logIn();

describe("prepare and fetch", () => {
  it("answers 404 to an upgrade that nobody prepared", async () => {
    const url = `${edge.gateway.url.replace("http", "ws")}/api/session/ses_unknown`;
    await expect(Client.connect(url)).rejects.toThrow("404");
  });

  it("prepares once and opens once", async () => {
    const spec = edge.spec(target.port);
    const client = await edge.open(spec);
    expect(client.socket.protocol).toBe("sluice.tunnel.1");
    await expect(edge.prepare(spec)).rejects.toThrow("prepared already");
    const url = `${edge.gateway.url.replace("http", "ws")}/api/session/${spec.id}`;
    await expect(Client.connect(url)).rejects.toThrow("404");
    client.socket.close();
  });

  it("says in the frame and in the row why a target could not be reached", async () => {
    const spec = edge.spec(1);
    const client = await edge.open(spec);
    client.send(startup());
    const { message } = await client.frame("close");
    expect(message).toBe("127.0.0.1:1 refused the connection or cannot be reached.");
    const row = await eventually(() => edge.ended(spec.id));
    expect(row.end_message).toBe(message);
  });

  it("dials no metadata address, and a private one only where the resource says so", async () => {
    for (const host of ["169.254.169.254", "10.0.0.1"]) {
      const spec = edge.spec(80);
      const resource = { ...spec.resource, host, network: "public" } as const;
      const client = await edge.open({ ...spec, resource });
      client.send(startup());
      expect((await client.frame("close")).message).toMatch(/never dials|network: private/);
    }
  });
});

describe("a session", () => {
  it("carries a query and its answer, and ends with its recording in the store", async () => {
    const spec = edge.spec(target.port);
    const client = await loggedIn(spec);
    client.send(query("select v from t"));
    await client.answered();
    expect(target.queries).toEqual(["select v from t"]);
    client.socket.close();
    expect((await eventually(() => edge.ended(spec.id))).commands).toBe(1);
    expect(await edge.verdict(spec.id)).toBe("whole");
  });

  it("ends when it is revoked, and says why", async () => {
    const spec = edge.spec(target.port);
    const client = await loggedIn(spec);
    const notice = { do: "revoke", code: "killed", reason: "Enough for today." };
    await edge.call("SESSIONS", spec.id, "notify", notice);
    expect(await client.frame("close")).toMatchObject({
      code: "killed",
      message: "Enough for today.",
    });
  });
});
