import type { Command } from "commander";
import open from "open";
import { CLI_CLIENT_ID } from "../../core/api/oauth.ts";
import { type Context, gatewayOf, list, say, storeOf } from "../context.ts";
import { answered, usage } from "../failure.ts";
import { originOf } from "../gateway.ts";
import { table } from "../output/table.ts";
import { signInByBrowser } from "../sign-in/browser.ts";
import { signInByDevice } from "../sign-in/device.ts";
import { metadataOf, postForm, signInOf } from "../sign-in/oauth.ts";

type LoginOptions = {
  readonly device?: true;
  readonly browser: boolean;
  readonly fresh?: true;
};

export function signInCommands(program: Command, context: Context): void {
  program
    .command("login [url]")
    .description("sign in to a gateway with your browser")
    .option("--device", "sign in on another device: prints an address and a code")
    .option("--no-browser", "print the address, open nothing")
    .option("--fresh", "have the identity provider ask who you are, though it knows")
    .action((url: string | undefined, options: LoginOptions) => login(context, url, options));
  program
    .command("logout")
    .description("end the sign-in, here and at the gateway")
    .action(() => logout(context));
  program
    .command("whoami")
    .description("who the gateway says you are")
    .option("--json", "one JSON array")
    .action(() => whoami(context));
}

async function login(
  context: Context,
  given: string | undefined,
  { device, browser, fresh }: LoginOptions,
): Promise<void> {
  const store = storeOf(context);
  const address = given ?? context.env["SLUICE_URL"] ?? (await store.read())?.url;
  if (address === undefined) throw usage("Which gateway? Run `sluice login URL`.");
  if (device === true && fresh === true)
    throw usage("--fresh goes with a browser of this machine.");
  const url = originOf(address);
  const metadata = await metadataOf(url);
  const answer =
    device === true
      ? await signInByDevice(metadata, (uri, code) => {
          say(context, `Open ${uri}\nand compare the code: ${code}`);
        })
      : await signInByBrowser(metadata, fresh === true, (address) => {
          say(context, `Sign in at\n${address}`);
          if (browser) void open(address).catch(() => {});
        });
  await store.alone(() => store.write(signInOf(url, answer)));
  say(context, `Signed in to ${url}.`);
}

/** RFC 7009: what is stored here is gone also when the gateway cannot be told. */
async function logout(context: Context): Promise<void> {
  const store = storeOf(context);
  const stored = await store.read();
  await store.remove();
  if (stored === null) return say(context, "Not signed in.");
  const { revocation_endpoint } = await metadataOf(stored.url);
  const { status, body } = await postForm(revocation_endpoint, {
    token: stored.refreshToken ?? stored.accessToken,
    client_id: CLI_CLIENT_ID,
  });
  if (status !== 200) throw answered(status, body);
  say(context, `Signed out of ${stored.url}.`);
}

async function whoami(context: Context): Promise<void> {
  const me = await (await gatewayOf(context)).call("me");
  list(context, [me], () =>
    table(
      ["name", "kind", "groups", "roles", "id"],
      [[me.name, me.kind, me.groups.join(", "), me.roles.join(", "), me.id]],
    ),
  );
}
