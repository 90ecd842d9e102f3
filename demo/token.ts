// Prints a short-lived token of the running demo: `npm run --silent demo:token ada`.
import { parseArgs } from "node:util";
import { isPerson, PEOPLE } from "./people.ts";
import { signIn } from "./sign-in.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { url: { type: "string" } },
});
const gateway = values.url ?? process.env["SLUICE_URL"] ?? "http://localhost:8787";
const [person = ""] = positionals;

if (!isPerson(person)) {
  console.error(
    `usage: npm run --silent demo:token ${Object.keys(PEOPLE).join("|")} [-- --url URL]`,
  );
  process.exit(2);
}
try {
  console.log((await signIn(gateway.replace(/\/$/, ""), person)).access_token);
} catch (error) {
  const reason = error instanceof Error ? (error.cause ?? error) : error;
  console.error(`No token from ${gateway}; does \`npm start\` run? ${String(reason)}`);
  process.exit(4);
}
