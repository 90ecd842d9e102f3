// `npm start`: the whole demo in one process. `npm start -- --port 9000 --state DIR` runs another.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildCli } from "../scripts/build-cli.ts";
import { buildDashboard } from "../scripts/build-dashboard.ts";
import { startDemo } from "./demo.ts";
import { isFree } from "./processes.ts";
import { isOnPath } from "./tools.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "8787" },
    "issuer-port": { type: "string" },
    "postgres-port": { type: "string" },
    "billing-port": { type: "string" },
    state: { type: "string", default: join(import.meta.dirname, "../.sluice") },
  },
});
const gateway = Number(values.port);
const ports = {
  gateway,
  issuer: Number(values["issuer-port"] ?? gateway + 1),
  postgres: Number(values["postgres-port"] ?? gateway + 2),
  billing: Number(values["billing-port"] ?? gateway + 3),
};
for (const [name, port] of Object.entries(ports)) {
  if (await isFree(port)) continue;
  const option = name === "gateway" ? "--port" : `--${name}-port`;
  console.error(`Port ${port} (${name}) is taken. Choose another: npm start -- ${option} NUMBER`);
  process.exit(1);
}

await Promise.all([buildCli(), buildDashboard()]);
const demo = await startDemo({ ports, stateDir: values.state, pages: true });

let stopping = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  // Miniflare's own listener would exit before the database has closed its files.
  process.removeAllListeners(signal);
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    void demo.stop().then(() => process.exit(0));
  });
}

const sql = isOnPath("psql") ? "psql shop-db -c" : "sql shop-db";
const token = (person: string) => `$(npm run --silent demo:token ${person})`;
const as = (person: string) => `SLUICE_TOKEN=${token(person)}`;
const bearer = `-H "Authorization: Bearer ${token("ada")}"`;
console.log(`
People: ada asks, rui reviews, ida audits, max administers. None has a password.

In a browser, open ${demo.url} and sign in as ada. Under Console run

  DELETE FROM payments

It waits for somebody else: open the same address in a private window, sign in as rui, and answer.

The same in a second terminal:

  export SLUICE_URL=${demo.url} && npx sluice login
  npx sluice ${sql} "SELECT name, email, phone, profile FROM customers LIMIT 3"
  npx sluice ${sql} "DROP TABLE orders"
  npx sluice ${sql} "DELETE FROM payments"   # waits for: ${as("rui")} npx sluice reviews
  curl ${bearer} ${demo.url}/http/billing-api/customers/7
  ${as("ida")} npx sluice sessions

ready ${demo.url}`);
