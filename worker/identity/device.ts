import { type Context, Hono } from "hono";
import { html } from "hono/html";
import { CLI_CLIENT_ID } from "../../core/api/oauth.ts";
import { addDeviceCode, answerDevice, askDevice, pendingDevice } from "../../store/attempts.ts";
import { hashSecret, newSecret } from "../../store/hash.ts";
import type { App } from "../context.ts";
import { toIssuer } from "./attempt.ts";
import { endSignInAndSessions } from "./ending.ts";
import { form } from "./form.ts";
import type { Vouched } from "./issuer.ts";
import { message, page } from "./page.ts";
import { beginSignIn } from "./principals.ts";

/** How long a device may wait, and how often it may ask (RFC 8628 section 3.2). */
const deviceSeconds = 900;
export const pollSeconds = 5;

/** RFC 8628 section 6.1: consonants alone make no words. 20^8 codes, 15 minutes each. */
const LETTERS = "BCDFGHJKLMNPQRSTVWXZ";

export const device = new Hono<App>();

device.post("/oauth/device_authorization", async (c) => {
  const asked = await form(c);
  if (asked.get("client_id") !== CLI_CLIENT_ID) return c.json({ error: "invalid_client" }, 401);
  const { db, now, settings } = c.var;
  const code = newSecret();
  const userCode = newUserCode();
  const expiresAt = now + deviceSeconds * 1000;
  await addDeviceCode(db, { hash: await hashSecret(code), userCode, expiresAt });
  const uri = `${settings.publicUrl}/device`;
  return c.json({
    device_code: code,
    user_code: userCode,
    verification_uri: uri,
    verification_uri_complete: `${uri}?user_code=${userCode}`,
    expires_in: deviceSeconds,
    interval: pollSeconds,
  });
});

device.get("/device", (c) => {
  const given = c.req.query("user_code") ?? "";
  return c.html(
    page(
      "Sign in on another device",
      html`<form method="post" action="/device">
        <label
          >The code that the device shows
          <input name="user_code" value="${given}" autocomplete="off" required
        /></label>
        <button>Continue</button>
      </form>`,
    ),
  );
});

device.post("/device", async (c) => {
  const userCode = normalised((await form(c)).get("user_code") ?? "");
  const waiting = await pendingDevice(c.var.db, userCode, c.var.now);
  if (waiting === null) {
    return c.html(message("No such code", "No device waits under this code. Begin again."), 400);
  }
  return toIssuer(c, { for: "device", userCode });
});

/** Back from the issuer: the person sees which device asks before anything is given to it. */
export async function askPerson(c: Context<App>, userCode: string, who: Vouched) {
  const { db, now } = c.var;
  if ((await pendingDevice(db, userCode, now)) === null) {
    return c.html(message("Too late", "The device no longer waits under this code."), 400);
  }
  const signIn = await beginSignIn(c.env, db, who, "device", now);
  const confirm = newSecret();
  await askDevice(db, { userCode, confirmHash: await hashSecret(confirm), signIn });
  return c.html(
    page(
      `Let the device sign in as ${who.name}?`,
      html`<p>
          The device shows the code <strong>${userCode}</strong>. Somebody who sent you this code
          would act in your name.
        </p>
        <form method="post" action="/device/confirm">
          <input type="hidden" name="confirm" value="${confirm}" />
          <button name="answer" value="approved">Yes, it is mine</button>
          <button name="answer" value="denied">No</button>
        </form>`,
    ),
  );
}

device.post("/device/confirm", async (c) => {
  const { db, now } = c.var;
  const answered = await form(c);
  const answer = answered.get("answer") === "approved" ? "approved" : "denied";
  const row = await answerDevice(db, await hashSecret(answered.get("confirm") ?? ""), answer, now);
  if (row === null) return c.html(message("Too late", "This question is over. Begin again."), 400);
  if (answer === "approved") {
    return c.html(message("Signed in", "You can go back to the device."));
  }
  if (row.signIn !== null) await endSignInAndSessions(c.env, db, row.signIn, "denied", now);
  return c.html(message("Refused", "The device was not signed in."));
});

function newUserCode(): string {
  const letters: string[] = [];
  while (letters.length < 8) {
    for (const byte of crypto.getRandomValues(new Uint8Array(16))) {
      if (byte < 240 && letters.length < 8) letters.push(LETTERS[byte % 20] as string);
    }
  }
  return `${letters.slice(0, 4).join("")}-${letters.slice(4).join("")}`;
}

/** People type small letters, spaces, no dash. */
function normalised(typed: string): string {
  const letters = typed.toUpperCase().replace(/[^A-Z]/g, "");
  return `${letters.slice(0, 4)}-${letters.slice(4, 8)}`;
}
