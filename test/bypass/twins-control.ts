import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll } from "vitest";
import { type Postgres, startPostgres } from "../../demo/postgres.ts";
import { freePort } from "../../demo/processes.ts";
import { readFields } from "../../core/protocols/postgres/messages.ts";
import { type Kind, makeCopies } from "./twins.ts";
import { type Answer, Wire } from "./wire.ts";

/*
 * The twins without a gate, so that a statement that both answer alike behind it cannot pass for
 * want of anything to tell. A third server, a copy of the first, says what is mere chance.
 */

const password = "twins";

export type Told = "tells" | "same" | "chance";

export class Control {
  readonly #servers: readonly Postgres[];
  readonly #stateDir: string;

  private constructor(servers: readonly Postgres[], stateDir: string) {
    this.#servers = servers;
    this.#stateDir = stateDir;
  }

  static async start(kind: Kind): Promise<Control> {
    const stateDir = mkdtempSync(join(tmpdir(), "sluice-control-"));
    // The server runs as `nobody` where the tests run as root.
    chmodSync(stateDir, 0o711);
    const [first, again, second] = ["first", "again", "second"].map((name) => join(stateDir, name));
    const servers: Postgres[] = [];
    try {
      await makeCopies([first as string, second as string], kind, { password });
      await promisify(execFile)("cp", ["-a", first as string, again as string]);
      for (const dataDir of [first, again, second] as readonly string[]) {
        servers.push(await startPostgres({ port: await freePort(), dataDir, password }));
      }
      return new Control(servers, stateDir);
    } catch (error) {
      await new Control(servers, stateDir).stop();
      throw error;
    }
  }

  /** Whether the twins' answers to a session's statements differ, and by more than chance. */
  async ask(statements: readonly string[]): Promise<Told> {
    const all = statements.join(";");
    const undone = CHANGES.test(all) && !OWN_TRANSACTION.test(all);
    const [one, again, other] = await Promise.all(
      this.#servers.map(async ({ port }) => {
        const wire = await Wire.direct(port, "sluice", password, "shop");
        const answers: Answer[] = [];
        for (const sql of [...(undone ? ["begin"] : []), ...statements, "rollback"]) {
          answers.push(...(await wire.query(sql)));
        }
        wire.close();
        return heard(answers);
      }),
    );
    if (one !== again) return "chance";
    return one === other ? "same" : "tells";
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) await server.stop();
    rmSync(this.#stateDir, { recursive: true, force: true });
  }
}

const CHANGES = /insert|update|merge|create|alter|drop|into|\bdo\b/i;
const OWN_TRANSACTION = /begin|commit|discard|for update/i;

/** Without oids and names of what a session makes for itself: no value is in those. */
function heard(answers: readonly Answer[]): string {
  const lines = answers.map(({ letter, body }) => {
    if (letter === "T") return letter;
    const fields = letter === "E" ? readFields(body) : null;
    if (fields === null) return letter + Buffer.from(body).toString("latin1");
    return JSON.stringify(["C", "M", "D", "H"].map((key) => fields.get(key)));
  });
  return lines.join("\n");
}

export function useControl(kind: Kind): () => Control {
  let control: Control | undefined;
  beforeAll(async () => {
    control = await Control.start(kind);
  });
  afterAll(() => control?.stop());
  return () => {
    if (control === undefined) throw new Error("The control runs inside tests only.");
    return control;
  };
}
