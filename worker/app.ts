import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { policyBytesMax } from "../core/limits.ts";
import { database } from "../store/db.ts";
import type { App } from "./context.ts";
import { settingsOf } from "./env.ts";
import { authorize } from "./identity/authorize.ts";
import { browser } from "./identity/browser.ts";
import { device } from "./identity/device.ts";
import { hostCodes } from "./identity/host-codes.ts";
import { metadata } from "./identity/metadata.ts";
import { token } from "./identity/token.ts";
import { failure } from "./failure.ts";
import { problemResponse } from "./problem.ts";
import { auditing } from "./routes/audit.ts";
import { access } from "./routes/access.ts";
import { catalog } from "./routes/catalog.ts";
import { consoles } from "./routes/console.ts";
import { exact } from "./routes/exact.ts";
import { health, keys } from "./routes/health.ts";
import { me } from "./routes/me.ts";
import { openapi } from "./routes/openapi.ts";
import { overview } from "./routes/overview.ts";
import { people } from "./routes/people.ts";
import { policy } from "./routes/policy.ts";
import { recordings } from "./routes/recordings.ts";
import { rehearsal } from "./routes/rehearsal.ts";
import { resources } from "./routes/resources.ts";
import { reviews } from "./routes/reviews.ts";
import { secrets } from "./routes/secrets.ts";
import { sessions } from "./routes/sessions.ts";
import { trials } from "./routes/trials.ts";
import { targets } from "./routes/targets.ts";
import { tokens } from "./routes/tokens.ts";
import { tunnel } from "./routes/tunnel.ts";

const bodyBytesMax = 64 * 1024;

const HEADERS = {
  "content-security-policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
} as const;

/** Every route, behind one set of headers, one bound on bodies and one shape of errors. */
export const app = new Hono<App>();

app.use(async (c, next) => {
  c.set("settings", settingsOf(c.env));
  c.set("db", database(c.env));
  c.set("now", Date.now());
  await next();
  if (c.res.status === 101) return;
  for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value);
  if (c.var.settings.publicUrl.startsWith("https:")) {
    c.res.headers.set("strict-transport-security", "max-age=63072000");
  }
});

const tooLarge = () => problemResponse("too_large", "The request's body is too large.");
const smallBody = bodyLimit({ maxSize: bodyBytesMax, onError: tooLarge });
const policyBody = bodyLimit({ maxSize: policyBytesMax, onError: tooLarge });
/** In JSON each quote and each line's end takes two bytes. */
const policiesBody = bodyLimit({ maxSize: 4 * policyBytesMax, onError: tooLarge });
app.use((c, next) => {
  const { path } = c.req;
  if (path === "/api/policy") return policyBody(c, next);
  return (path.startsWith("/api/policy/") ? policiesBody : smallBody)(c, next);
});

for (const routes of [health, keys, openapi, metadata, authorize, browser, hostCodes])
  app.route("/", routes);
for (const routes of [device, token]) app.route("/", routes);
for (const routes of [me, resources, catalog, policy, trials, rehearsal, secrets, tokens])
  app.route("/", routes);
for (const routes of [access, reviews, sessions, recordings, exact]) app.route("/", routes);
for (const routes of [targets, people, overview, auditing, tunnel, consoles])
  app.route("/", routes);

app.notFound(() => problemResponse("unknown", "There is nothing under this address."));

app.onError(failure);
