import { join } from "node:path";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll } from "vitest";
import { customer, firstOf } from "../../demo/billing/data.ts";
import { startTestDemo, type TestDemo } from "../support/demo.ts";
import { startUpstream, type Upstream } from "../support/http-upstream.ts";
import { documents, octets, TEXT } from "../support/http-upstream/samples.ts";
import { type Nginx, startNginx } from "../support/nginx.ts";
import { has } from "../support/tools.ts";

/** Resources of the tests' policy: two servers, each once as it is and once masked. */
export type Service = "node" | "node-masked" | "nginx" | "nginx-masked";

export type Services = {
  readonly demo: TestDemo;
  readonly node: Upstream;
  readonly nginx: Nginx | null;
  /** Ada's, by the real sign-in. */
  readonly token: string;
  /** Through the gateway; `path` begins with a slash. */
  readonly url: (service: Service, path: string) => string;
  /** The same without it. */
  readonly direct: (service: Service, path: string) => string;
};

/** What nginx has on its disk. */
export const FILES = {
  "note.txt": TEXT,
  "three.json": documents(3),
  "one.bin": Buffer.from([0x2a]),
  "empty.bin": Buffer.alloc(0),
  "bytes.bin": octets(100_000),
} as const;

/** What the masked resources must never show of the first three customers. */
export const CLEAR = firstOf(customer, 3).flatMap(({ ssn, email, cards }) => [
  ssn,
  email,
  ...cards.map(({ card_number }) => card_number),
]);

/** The demo's gateway before a real Node server and a real nginx, for all tests of a file. */
export function useServices(): () => Services {
  let services: (Services & { stop(): Promise<void> }) | undefined;
  beforeAll(async () => {
    services = await startServices();
  });
  afterAll(() => services?.stop());
  return () => {
    if (services === undefined) throw new Error("The services run inside tests only.");
    return services;
  };
}

export async function startServices(): Promise<Services & { stop(): Promise<void> }> {
  const node = await startUpstream();
  const nginx = has("nginx") ? await startNginx(FILES) : null;
  const origins = { node: node.url, nginx: nginx?.url ?? node.url };
  const demo = await startTestDemo({ policy: policyOf(origins) });
  const originOf = (service: Service) =>
    service.startsWith("node") ? origins.node : origins.nginx;
  return {
    demo,
    node,
    nginx,
    token: await demo.token("ada"),
    url: (service, path) => `${demo.url}/http/${service}${path}`,
    direct: (service, path) => `${originOf(service)}${path}`,
    async stop() {
      await demo.stop();
      await node.stop();
      await nginx?.stop();
    },
  };
}

const demoPolicy = readFileSync(join(import.meta.dirname, "../../demo/sluice.yaml"), "utf8");
const DETECTORS = /detect: (\[.*\])/.exec(demoPolicy)?.[1] ?? "[]";

const policyOf = ({ node, nginx }: { readonly node: string; readonly nginx: string }): string => `
resources:
  - { name: node, type: http, url: "${node}", network: private }
  - { name: node-masked, type: http, url: "${node}", network: private }
  - { name: nginx, type: http, url: "${nginx}", network: private }
  - { name: nginx-masked, type: http, url: "${nginx}", network: private }
grants:
  - id: all
    groups: [engineers]
    resources: [node, node-masked, nginx, nginx-masked]
    access: [read, write, schema]
    hours: 8
masking:
  - id: pii
    resources: [node-masked, nginx-masked]
    fields: [ssn, email, card_number]
    technique: redact
  - id: anything-secret
    resources: [node-masked, nginx-masked]
    detect: ${DETECTORS}
    technique: redact
roles: { reviewer: [leads], auditor: [auditors], admin: [admins] }
recording: { default: full, retentionDays: 365 }
`;
