import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, it } from "vitest";
import { credentialSchema } from "../../core/policy/http-resource.ts";
import { bundleWorker } from "../../demo/bundle.ts";
import { COMPATIBILITY_DATE } from "../../demo/gateway.ts";
import { type Certificate, selfSigned } from "../support/certificate.ts";
import type { Call } from "./credential/entry.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-mtls-"));

const [service, gateway, stranger] = ["localhost", "gateway", "stranger"].map((name) =>
  selfSigned(folder, name),
) as [Certificate, Certificate, Certificate];

/** Talks with nobody but the gateway. */
const target = createServer(
  {
    key: service.key,
    cert: service.certificate,
    ca: gateway.certificate,
    requestCert: true,
    rejectUnauthorized: true,
  },
  ({ socket, url, headers }, response) => {
    const { CN } = (socket as TLSSocket).getPeerCertificate().subject;
    response.end(`${CN} asks ${headers.host} for ${url}`);
  },
);
let miniflare: Miniflare;
let host: string;

beforeAll(async () => {
  target.listen(0, "127.0.0.1");
  await once(target, "listening");
  const { port } = target.address() as AddressInfo;
  host = `localhost:${port}`;
  /** What `mtls_certificates` is to a deployed Worker: a `fetch` that shows this certificate. */
  const showing = (shown: Certificate | null) => ({
    external: {
      address: `127.0.0.1:${port}`,
      https: {
        certificateHost: "localhost",
        tlsOptions: {
          trustedCertificates: [service.certificate],
          ...(shown && {
            keypair: { privateKey: shown.key, certificateChain: shown.certificate },
          }),
        },
      },
    },
  });
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: await bundleWorker(join(import.meta.dirname, "credential/entry.ts")),
      compatibilityDate: COMPATIBILITY_DATE,
      durableObjects: { TARGETS: { className: "TargetObject", useSQLite: true } },
      serviceBindings: {
        GATEWAY: showing(gateway),
        STRANGER: showing(stranger),
        NOBODY: showing(null),
      },
      cf: false,
      telemetry: { enabled: false },
    }),
  );
  await miniflare.ready;
});
afterAll(async () => {
  await miniflare.dispose();
  target.close();
  rmSync(folder, { recursive: true, force: true });
});

async function call(binding: string) {
  const credential = credentialSchema.parse({ mtls: binding });
  const given = { resource: { credential, network: "private" as const }, sealed: {} };
  const body: Call = { given, url: `https://${host}/a`, search: "?x=1", headers: [] };
  const init = { method: "POST", body: JSON.stringify(body) };
  const answer = await miniflare.dispatchFetch("http://test/mtls", init);
  return `${answer.status} ${await answer.text()}`;
}

it("a service that asks for a client certificate is shown the binding's", async () => {
  expect(await call("GATEWAY")).toBe(`200 gateway asks ${host} for /a?x=1`);
});

it.each(["STRANGER", "NOBODY"])(
  "and to who shows another or none it says nothing: %s",
  async (by) => {
    expect(await call(by)).toMatch(/^502 /);
  },
);
