import { randomBytes } from "node:crypto";
import { chmod, mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "../../core/zod.ts";
import { jsonOrNull } from "../failure.ts";

const signIn = z.object({
  /** The gateway that the tokens are for: they are sent to no other. */
  url: z.string(),
  accessToken: z.string(),
  /** UnixMs. */
  accessTokenExpiresAt: z.number(),
  refreshToken: z.string().nullable(),
});
export type SignIn = z.infer<typeof signIn>;

/** A refresh takes a second; a lock this old was left by a process that died. */
const lockStaleMs = 30_000;
const lockRetryMs = 50;

/**
 * The stored sign-in: one file in the XDG state directory (XDG Base Directory Specification 0.8),
 * mode 0600 in a directory of mode 0700, replaced whole.
 */
export class SignInStore {
  readonly #directory: string;

  constructor(env: Readonly<Record<string, string | undefined>>) {
    const given = env["XDG_STATE_HOME"];
    const state = given?.startsWith("/") === true ? given : defaultStateHome(env);
    this.#directory = join(state, "sluice");
  }

  get path(): string {
    return join(this.#directory, "sign-in.json");
  }

  /** Null when there is none, or what is there is not ours. */
  async read(): Promise<SignIn | null> {
    try {
      const parsed = signIn.safeParse(jsonOrNull(await readFile(this.path, "utf8")));
      return parsed.success ? parsed.data : null;
    } catch {
      return null;
    }
  }

  async write(value: SignIn): Promise<void> {
    await this.#prepare();
    const next = `${this.path}.${randomBytes(6).toString("hex")}`;
    await writeFile(next, `${JSON.stringify(value)}\n`, { mode: 0o600, flag: "wx" });
    await rename(next, this.path);
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }

  /** Runs `work` alone among all `sluice` processes: a refresh token is good for one use. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    await this.#prepare();
    const lock = join(this.#directory, "sign-in.lock");
    while (!(await taken(lock))) await new Promise((resolve) => setTimeout(resolve, lockRetryMs));
    try {
      return await work();
    } finally {
      await rm(lock, { force: true });
    }
  }

  async #prepare(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await chmod(this.#directory, 0o700);
  }
}

function defaultStateHome(env: Readonly<Record<string, string | undefined>>): string {
  const local = env["LOCALAPPDATA"];
  if (process.platform === "win32" && local !== undefined) return local;
  return join(env["HOME"] ?? homedir(), ".local", "state");
}

async function taken(lock: string): Promise<boolean> {
  try {
    await (await open(lock, "wx", 0o600)).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const held = await stat(lock).catch(() => null);
  if (held !== null && Date.now() - held.mtimeMs > lockStaleMs) await rm(lock, { force: true });
  return false;
}
