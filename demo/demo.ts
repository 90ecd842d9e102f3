import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROUTES } from "../core/api/routes.ts";
import { type Billing, startBilling } from "./billing.ts";
import { type Gateway, type GatewaySettings, startGateway } from "./gateway.ts";
import { type Issuer, startIssuer } from "./issuer.ts";
import type { PersonName } from "./people.ts";
import type { Postgres, PostgresSettings } from "./postgres.ts";
import { startShop } from "./shop.ts";
import { signIn } from "./sign-in.ts";

const policyFile = join(import.meta.dirname, "sluice.yaml");

export type Ports = {
  readonly gateway: number;
  readonly issuer: number;
  readonly postgres: number;
  readonly billing: number;
};

export type DemoSettings = Pick<
  GatewaySettings,
  "modules" | "trustedAuthority" | "log" | "pages"
> & {
  readonly ports: Ports;
  readonly stateDir: string;
  /**
   * The policy to apply; demo/sluice.yaml when absent. Its `port: 8789` and
   * `http://127.0.0.1:8790` become the real ones.
   */
  readonly policy?: string;
  /** PEM texts for PostgreSQL; the policy then says `tls: verify-full` and a name that fits. */
  readonly tls?: PostgresSettings["tls"];
  readonly postgresPrograms?: PostgresSettings["programs"];
};

export type Demo = {
  readonly url: string;
  readonly gateway: Gateway;
  readonly issuer: Issuer;
  readonly postgres: Postgres;
  readonly billing: Billing;
  /** A token for one of the four, by the real sign-in; good for ten minutes. */
  token(person: PersonName): Promise<string>;
  /** Applies a policy as max, through the API. */
  apply(policy: string): Promise<void>;
  stop(): Promise<void>;
};

/** The shop's PostgreSQL, `billing-api`, the OpenID provider and the gateway under its policy. */
export async function startDemo(settings: DemoSettings): Promise<Demo> {
  const { ports, stateDir } = settings;
  const running: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    while (running.length > 0) await running.pop()?.stop();
  };
  const up = <T extends { stop(): Promise<void> }>(part: T): T => {
    running.push(part);
    return part;
  };
  try {
    const password = secretIn(stateDir, "postgres-password");
    const billingToken = secretIn(stateDir, "billing-token");
    const dataDir = join(stateDir, "postgres");
    const postgres = up(
      await startShop({
        port: ports.postgres,
        dataDir,
        password,
        ...(settings.tls && { tls: settings.tls }),
        ...(settings.postgresPrograms && { programs: settings.postgresPrograms }),
      }),
    );
    const billing = up(await startBilling({ port: ports.billing, token: billingToken }));
    const publicUrl = `http://localhost:${ports.gateway}`;
    const issuer = up(await startIssuer({ port: ports.issuer, publicUrl }));
    const { modules, trustedAuthority, log, pages = false } = settings;
    const gateway = up(
      await startGateway({
        port: ports.gateway,
        stateDir,
        vars: variables(issuer),
        publicUrl,
        pages,
        ...(modules && { modules }),
        ...(trustedAuthority && { trustedAuthority }),
        ...(log && { log }),
      }),
    );
    const token = async (person: PersonName) => (await signIn(publicUrl, person)).access_token;
    const apply = async (policy: string) => {
      const source = policy
        .replace("port: 8789", `port: ${postgres.port}`)
        .replace("http://127.0.0.1:8790", billing.url);
      await put(publicUrl, await token("max"), ROUTES.apply.path, "application/yaml", source);
    };
    const keep = async (name: string, value: string) => {
      const path = ROUTES.putSecret.path.replace(":name", name);
      const body = JSON.stringify({ value });
      await put(publicUrl, await token("max"), path, "application/json", body);
    };
    await keep("shop-db-password", password);
    await keep("billing-token", billingToken);
    await apply(settings.policy ?? readFileSync(policyFile, "utf8"));
    return { url: publicUrl, gateway, issuer, postgres, billing, token, apply, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const variables = (issuer: Issuer) => ({
  HTTP_DOMAIN: "localhost",
  OIDC_ISSUER: issuer.url,
  OIDC_CLIENT_ID: issuer.clientId,
  OIDC_CLIENT_SECRET: issuer.clientSecret,
  OIDC_GROUPS_CLAIM: "groups",
  ADMIN_GROUPS: "admins",
});

/** What a service behind the gateway wants to hear: made once, and kept with its data. */
function secretIn(stateDir: string, name: string): string {
  mkdirSync(stateDir, { recursive: true });
  const file = join(stateDir, name);
  if (!existsSync(file))
    writeFileSync(file, randomBytes(18).toString("base64url"), { mode: 0o600 });
  return readFileSync(file, "utf8");
}

async function put(url: string, token: string, path: string, type: string, body: string) {
  const headers = { authorization: `Bearer ${token}`, "content-type": type };
  const answer = await fetch(`${url}${path}`, { method: "PUT", headers, body });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
}
