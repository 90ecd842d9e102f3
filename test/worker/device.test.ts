import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askDevice } from "../../store/attempts.ts";
import { database } from "../../store/db.ts";
import { cookieOf, Gateway, PUBLIC_URL } from "./gateway.ts";

let gate: Gateway;
beforeAll(async () => {
  gate = await Gateway.start();
});
afterAll(() => gate.stop());

type Asked = { device_code: string; user_code: string; interval: number };
const ask = async (): Promise<Asked> =>
  (await gate.post("/oauth/device_authorization", { client_id: "sluice-cli" })).json();

const poll = async (code: string) => {
  const answer = await gate.post("/oauth/token", {
    grant_type: "urn:ietf:params:oauth:grant-type:device_code",
    client_id: "sluice-cli",
    device_code: code,
  });
  return (await answer.json()) as { error?: string; access_token?: string };
};

/** The person's browser: types the code, signs in, sees the question. */
async function look(userCode: string, person: string): Promise<string> {
  const begun = await gate.post("/device", { user_code: userCode });
  const callback = gate.issuer.signIn(new URL(begun.headers.get("location") ?? ""), person);
  const shown = await gate.request(callback.href, { headers: { cookie: cookieOf(begun) } });
  return shown.text();
}

const confirmIn = (page: string): string => /name="confirm" value="([^"]+)"/.exec(page)?.[1] ?? "";
const say = (confirm: string, answer: string) => gate.post("/device/confirm", { confirm, answer });

/** Polls count by the clock that D1 keeps: forget when the last one came. */
const forgetPolls = () => gate.env.DB.prepare("update device_codes set polled_at = 0").run();

describe("signing in on a device without a browser (RFC 8628)", () => {
  it("says where to go, and a code that nobody can guess or misread", async () => {
    const asked = await ask();
    expect(asked).toMatchObject({
      verification_uri: `${PUBLIC_URL}/device`,
      verification_uri_complete: `${PUBLIC_URL}/device?user_code=${asked.user_code}`,
      expires_in: 900,
      interval: 5,
    });
    expect(asked.user_code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
  });

  it("gives tokens once the person has said yes, and only once", async () => {
    const { device_code, user_code } = await ask();
    expect((await poll(device_code)).error).toBe("authorization_pending");
    const page = await look(user_code, "ada");
    expect(page).toContain(user_code);
    expect(page).toContain("as ada");
    await forgetPolls();
    expect((await poll(device_code)).error).toBe("authorization_pending");
    expect((await say(confirmIn(page), "approved")).status).toBe(200);
    const { access_token } = await poll(device_code);
    expect((await gate.get("/api/me", access_token ?? "")).status).toBe(200);
    expect((await poll(device_code)).error).toBe("invalid_grant");
  });

  it("takes the code as people type it", async () => {
    const { user_code } = await ask();
    const typed = user_code.toLowerCase().replace("-", " ");
    expect((await gate.post("/device", { user_code: typed })).status).toBe(303);
  });

  it("says no when the person says no", async () => {
    const { device_code, user_code } = await ask();
    await say(confirmIn(await look(user_code, "ada")), "denied");
    expect((await poll(device_code)).error).toBe("access_denied");
  });

  it("slows down a device that asks too often", async () => {
    const { device_code } = await ask();
    await poll(device_code);
    expect((await poll(device_code)).error).toBe("slow_down");
  });

  it("voids the question of the one who looked before", async () => {
    const { device_code, user_code } = await ask();
    const first = confirmIn(await look(user_code, "ada"));
    await look(user_code, "rui");
    expect((await say(first, "approved")).status).toBe(400);
    expect((await poll(device_code)).error).toBe("authorization_pending");
  });

  it("keeps an answer when somebody else comes to the question too late", async () => {
    const { device_code, user_code } = await ask();
    expect((await say(confirmIn(await look(user_code, "ada")), "approved")).status).toBe(200);
    const late = { userCode: user_code, confirmHash: "late", signIn: "tok_late" };
    await askDevice(database(gate.env), late);
    await forgetPolls();
    const { access_token } = await poll(device_code);
    expect(await (await gate.get("/api/me", access_token ?? "")).json()).toMatchObject({
      id: "ada",
    });
  });

  it("takes each answer once, and none that was not asked", async () => {
    const { user_code } = await ask();
    const confirm = confirmIn(await look(user_code, "ada"));
    expect((await say(confirm, "approved")).status).toBe(200);
    expect((await say(confirm, "approved")).status).toBe(400);
    expect((await say("", "approved")).status).toBe(400);
  });

  it.each(["ZZZZ-ZZZZ", "", "../..", "BCDF"])("knows no code %j", async (code) => {
    expect((await gate.post("/device", { user_code: code })).status).toBe(400);
  });

  it("forgets a code when its time is over", async () => {
    const { device_code, user_code } = await ask();
    const page = await look(user_code, "ada");
    await gate.env.DB.prepare("update device_codes set expires_at = 1").run();
    expect((await say(confirmIn(page), "approved")).status).toBe(400);
    expect((await gate.post("/device", { user_code })).status).toBe(400);
    expect((await poll(device_code)).error).toBe("expired_token");
  });

  it("shows what was typed as text, never as markup", async () => {
    const attack = encodeURIComponent('"><script>alert(1)</script>');
    const page = await (await gate.request(`/device?user_code=${attack}`)).text();
    expect(page).not.toContain("<script");
  });
});
