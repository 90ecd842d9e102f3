import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Gateway } from "../../cli/gateway.ts";
import { signInByDevice } from "../../cli/sign-in/device.ts";
import { metadataOf } from "../../cli/sign-in/oauth.ts";
import { SignInStore } from "../../cli/sign-in/store.ts";
import { FakeGateway } from "./fake-gateway.ts";
import { newState, run } from "./run.ts";

let gateway: FakeGateway;
let state: string;
let tokenAnswers: { status: number; json: unknown }[];
let forms: URLSearchParams[];

const tokens = (access: string, refresh?: string) => ({
  status: 200,
  json: { access_token: access, token_type: "Bearer", expires_in: 600, refresh_token: refresh },
});
const oauthError = (error: string) => ({ status: 400, json: { error } });

beforeEach(async () => {
  gateway = await FakeGateway.start();
  state = await newState();
  tokenAnswers = [];
  forms = [];
  gateway.handle = ({ url }, body) => {
    if (url === "/.well-known/oauth-authorization-server") return { status: 200, json: metadata() };
    forms.push(new URLSearchParams(body));
    if (url === "/oauth/token") return tokenAnswers.shift() ?? oauthError("invalid_grant");
    if (url === "/oauth/device_authorization") return { status: 200, json: device() };
    return { status: 200, json: {} };
  };
});
afterEach(() => gateway.stop());

const metadata = () => ({
  issuer: gateway.url,
  authorization_endpoint: `${gateway.url}/oauth/authorize`,
  token_endpoint: `${gateway.url}/oauth/token`,
  revocation_endpoint: `${gateway.url}/oauth/revoke`,
  device_authorization_endpoint: `${gateway.url}/oauth/device_authorization`,
  response_types_supported: ["code"],
  grant_types_supported: ["authorization_code"],
  code_challenge_methods_supported: ["S256"],
  token_endpoint_auth_methods_supported: ["none"],
  authorization_response_iss_parameter_supported: true,
});

const device = () => ({
  device_code: "dev",
  user_code: "ABCD-EFGH",
  verification_uri: `${gateway.url}/device`,
  verification_uri_complete: `${gateway.url}/device?user_code=ABCD-EFGH`,
  expires_in: 600,
  interval: 5,
});

const env = () => ({ XDG_STATE_HOME: state });
const store = () => new SignInStore(env());

/**
 * What a browser does with the printed address: it comes back to the loopback address with
 * `answer`.
 */
async function browse(said: string, answer: Record<string, string>): Promise<number> {
  const address = /https?:\/\/\S+authorize\S+/.exec(said)?.[0];
  if (address === undefined) return 0;
  const asked = new URL(address).searchParams;
  const back = new URL(asked.get("redirect_uri") as string);
  back.search = new URLSearchParams({
    state: asked.get("state") as string,
    iss: gateway.url,
    ...answer,
  }).toString();
  return (await fetch(back)).status;
}

describe("login by browser", () => {
  it("stores tokens for a code that only its own verifier redeems, mode 0600", async () => {
    tokenAnswers = [tokens("a1", "r1")];
    let said = "";
    const ran = await run(["login", gateway.url, "--no-browser"], env(), {
      watch: (text) => {
        said += text;
        void browse(text, { code: "c-1" });
      },
    });
    expect(ran.code).toBe(0);
    const asked = new URL(/http\S+authorize\S+/.exec(said)?.[0] as string).searchParams;
    const [form] = forms as [URLSearchParams];
    const verifier = form.get("code_verifier") as string;
    expect(createHash("sha256").update(verifier).digest("base64url")).toBe(
      asked.get("code_challenge"),
    );
    expect(asked.get("redirect_uri")).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    expect(Object.fromEntries(form)).toMatchObject({
      grant_type: "authorization_code",
      code: "c-1",
    });
    expect(await store().read()).toMatchObject({ accessToken: "a1", refreshToken: "r1" });
    expect((await stat(store().path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(state, "sluice"))).mode & 0o777).toBe(0o700);
  });

  it("does not hear strangers: another state or issuer is 404, and sign-in goes on", async () => {
    tokenAnswers = [tokens("a1")];
    const statuses: number[] = [];
    const ran = await run(["login", gateway.url, "--no-browser"], env(), {
      watch: (text) =>
        void (async () => {
          statuses.push(await browse(text, { code: "evil", state: "guessed" }));
          statuses.push(await browse(text, { code: "evil", iss: "https://evil.example" }));
          statuses.push(await browse(text, { code: "c-1" }));
        })(),
    });
    expect(ran.code).toBe(0);
    expect(statuses.slice(0, 2)).toEqual([404, 404]);
    expect(forms[0]?.get("code")).toBe("c-1");
  });

  it("says that it was refused, with exit code 3", async () => {
    const ran = await run(["login", gateway.url, "--no-browser"], env(), {
      watch: (text) => void browse(text, { error: "access_denied" }),
    });
    expect(ran.code).toBe(3);
    expect(await store().read()).toBeNull();
  });

  it("trusts no gateway that names another as its issuer", async () => {
    gateway.handle = () => ({
      status: 200,
      json: { ...metadata(), issuer: "https://other.example" },
    });
    expect((await run(["login", gateway.url, "--no-browser"], env())).code).toBe(1);
  });
});

describe("login by device", () => {
  it("asks at the interval, slower when told, until the person has agreed", async () => {
    tokenAnswers = [oauthError("authorization_pending"), oauthError("slow_down"), tokens("a1")];
    const pauses: number[] = [];
    const shown: string[] = [];
    const answer = await signInByDevice(
      await metadataOf(gateway.url),
      (uri, code) => shown.push(uri, code),
      (seconds) => Promise.resolve(pauses.push(seconds)),
    );
    expect(answer.access_token).toBe("a1");
    expect(pauses).toEqual([5, 5, 10]);
    expect(shown).toEqual([`${gateway.url}/device?user_code=ABCD-EFGH`, "ABCD-EFGH"]);
  });

  it("ends when the person refuses", async () => {
    tokenAnswers = [oauthError("access_denied")];
    const asked = signInByDevice(
      await metadataOf(gateway.url),
      () => {},
      () => Promise.resolve(),
    );
    await expect(asked).rejects.toMatchObject({ exit: 3, error: "access_denied" });
  });
});

describe("the access token", () => {
  const signIn = (expiresInMs: number) => ({
    url: gateway.url,
    accessToken: "old",
    accessTokenExpiresAt: Date.now() + expiresInMs,
    refreshToken: "r1",
  });

  it("is used while it lasts", async () => {
    await store().write(signIn(120_000));
    expect(await (await Gateway.find(env(), store())).token()).toBe("old");
    expect(forms).toEqual([]);
  });

  it("is refreshed once, however many ask at the same time", async () => {
    await store().write(signIn(1_000));
    tokenAnswers = [tokens("new", "r2")];
    const found = await Promise.all([1, 2, 3].map(() => Gateway.find(env(), store())));
    expect(await Promise.all(found.map((one) => one.token()))).toEqual(["new", "new", "new"]);
    expect(forms.map((form) => form.get("refresh_token"))).toEqual(["r1"]);
    expect(await store().read()).toMatchObject({ accessToken: "new", refreshToken: "r2" });
  });

  it("is renewed before nine of its ten minutes are over while a tunnel is open", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    await store().write(signIn(121_000));
    tokenAnswers = [tokens("new", "r2")];
    const stop = (await Gateway.find(env(), store())).stayFresh();
    vi.advanceTimersByTime(60_000);
    expect(forms).toEqual([]);
    await store().write(signIn(119_000));
    vi.advanceTimersByTime(60_000);
    await expect.poll(async () => (await store().read())?.accessToken).toBe("new");
    stop();
    await store().write(signIn(0));
    vi.advanceTimersByTime(600_000);
    expect(forms).toHaveLength(1);
    vi.useRealTimers();
  });

  it("of SLUICE_TOKEN is its giver's to renew", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    await store().write(signIn(0));
    const given = { ...env(), SLUICE_TOKEN: "t" };
    (await Gateway.find(given, store())).stayFresh();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it("is gone when the refresh is refused: exit code 3", async () => {
    await store().write(signIn(0));
    const found = await Gateway.find(env(), store());
    await expect(found.token()).rejects.toMatchObject({ exit: 3 });
  });

  it("is never sent to another gateway than its own", async () => {
    await store().write(signIn(120_000));
    const other = { ...env(), SLUICE_URL: "https://other.example" };
    await expect((await Gateway.find(other, store())).token()).rejects.toMatchObject({ exit: 3 });
  });
});

it("logout revokes the refresh token and forgets", async () => {
  await store().write({
    url: gateway.url,
    accessToken: "a",
    accessTokenExpiresAt: 0,
    refreshToken: "r1",
  });
  expect((await run(["logout"], env())).code).toBe(0);
  expect(forms[0]?.get("token")).toBe("r1");
  expect(gateway.requests.at(-1)?.url).toBe("/oauth/revoke");
  expect(await store().read()).toBeNull();
});
