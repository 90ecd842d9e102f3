import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Postgres, startPostgres } from "../../demo/postgres.ts";
import { seal } from "../../store/seal.ts";
import { freePort } from "../../demo/processes.ts";
import { selfSigned } from "../support/certificate.ts";
import { type Client, Edge } from "./edge.ts";
import { query, startup } from "./fake-postgres.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-tls-"));
const file = (name: string): string => join(folder, name);

let edge: Edge;
let server: Postgres;

beforeAll(async () => {
  const tls = selfSigned(folder, "localhost");
  const settings = { port: await freePort(), dataDir: file("data"), password: "canary pw", tls };
  server = await startPostgres(settings);
  edge = await Edge.start({ trustedAuthority: tls.file });
}, 120_000);
afterAll(async () => {
  await edge.stop();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function opened(host: string): Promise<Client> {
  const spec = edge.spec(server.port);
  const target = { host, user: "postgres", database: "postgres", tls: "verify-full" } as const;
  const sealed = await seal(edge.keys(), "secret:shop", "canary pw");
  const resource = { ...spec.resource, ...target, password: { secret: "shop" } };
  return edge.open({ ...spec, sealed: { shop: sealed }, resource });
}

describe("a target with TLS", () => {
  it("is logged in to with the sealed password, and answers", async () => {
    const client = await (await opened("localhost")).logIn("postgres");
    client.send(query("select version(), 6 * 7 as product"));
    const answer = (await client.answered()).toString();
    expect(answer).toContain("PostgreSQL 18");
    expect(answer).toContain("42");
    client.socket.close();
  });

  it("is refused when its certificate names another host, in words that help", async () => {
    const client = await opened("127.0.0.1");
    client.send(startup("postgres"));
    expect((await client.frame("close")).message).toBe(
      "127.0.0.1 presented a certificate that no public CA signed, or that names another host; " +
        "targets with a private CA need a connector.",
    );
  });
});
