import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { concat, EMPTY, i32, text } from "../../../../core/bytes.ts";
import type { Catalog } from "../../../../core/catalog.ts";
import type { Command } from "../../../../core/command.ts";
import type { Settled } from "../../../../core/decision.ts";
import type { Masker } from "../../../../core/masker.ts";
import { createEngine } from "../../../../core/protocols/index.ts";
import { readFields, readRowDescription } from "../../../../core/protocols/postgres/messages.ts";
import type { Grammar } from "../../../../core/sql/grammar.ts";
import { decideByText } from "../../../support/capture.ts";
import { Conversation, type Step } from "../../../support/conversation.ts";
import { loadGrammar } from "../../../support/grammar.ts";
import { postgresWords } from "../../../support/postgres-engine.ts";
import { clientSays } from "../../../support/postgres-fuzz.ts";
import { CANARY } from "../../../support/postgres-model.ts";
import { messageBytes, messageLines } from "../../../support/postgres-words.ts";
import { RawConnection, realPostgres, type RealPostgres } from "../../../support/real-postgres.ts";
import { openMasker, sampleSpec, seededCrypto } from "../../../support/values.ts";

/*
 * Whatever a client says, a real server answers the same through the engine as without it: message
 * by message, errors by their SQLSTATE.
 */

let server: RealPostgres;
let grammar: Grammar;
const oids = new Map<string, number>();

async function startServer(): Promise<void> {
  grammar = await loadGrammar();
  server = await realPostgres();
  const { connection } = await RawConnection.logIn(server.port, "postgres", server.password);
  await connection.query("create table employees (id int, name text, ssn text, salary numeric)");
  await connection.query("create table notes (id int, body text)");
  await connection.query(`insert into employees values (1, 'Grace', '${CANARY}', 91000)`);
  oids.set("employees", await oidOf("employees", connection));
  oids.set("notes", await oidOf("notes", connection));
  connection.close();
}

async function oidOf(table: string, connection: RawConnection): Promise<number> {
  const answers = await connection.query(`select '${table}'::regclass::oid`);
  const row = answers.find(({ letter }) => letter === "D");
  // Two bytes of a count, four of a length.
  return Number(text((row as { body: Uint8Array }).body.subarray(6)));
}

/** The shop of the captures, under this server's numbers. */
function realCatalog(): Catalog {
  const shop = postgresWords.catalog("shop") as Catalog;
  const relations = shop.relations.map((relation) => ({
    ...relation,
    oid: oids.get(relation.name) as number,
  }));
  return { ...shop, relations };
}

/** Sends `said` after the login, and gathers what comes back up to the last answer or the end. */
type Talk = (said: Uint8Array) => Promise<readonly string[]>;

/** Out of any batch, COPY and failed transaction. */
const LAST = concat(
  ["Sync", 'Query "rollback"', `Query "select 'the last answer'"`].map((line) =>
    messageBytes("client", line),
  ),
);

class Transcript {
  readonly told: string[] = [];
  #buffer: Uint8Array = EMPTY;
  #lastSeen = false;

  /** True once the last answer is over. */
  hear(bytes: Uint8Array): boolean {
    this.#buffer = concat([this.#buffer, bytes]);
    while (this.#buffer.length >= 5) {
      const length = 1 + i32(this.#buffer, 1);
      if (this.#buffer.length < length) break;
      const message = this.#buffer.subarray(0, length);
      this.#buffer = this.#buffer.slice(length);
      this.#lastSeen ||= text(message).includes("the last answer");
      this.told.push(wordFor(message));
      if (this.#lastSeen && message[0] === 0x5a) return true;
    }
    return false;
  }
}

/**
 * Errors by severity and code: their words are the server's own or ours; tables without numbers.
 */
function wordFor(message: Uint8Array): string {
  const letter = String.fromCharCode(message[0] as number);
  if (letter === "E" || letter === "N") {
    const fields = readFields(message.subarray(5));
    const code = fields?.get("C");
    // Of a portal that a failed transaction has taken along, either may be said.
    return `${letter} ${fields?.get("V")} ${code === "25P02" ? "34000" : code}`;
  }
  if (letter === "T") {
    const fields = readRowDescription(message.subarray(5));
    return `RowDescription ${JSON.stringify(fields?.map((field) => ({ ...field, tableOid: 0 })))}`;
  }
  return messageLines("server", message)[0] as string;
}

/**
 * To a client that speaks out of turn during a COPY the server says both; the engine the second
 * alone.
 */
const OUT_OF_TURN = "E ERROR 08P01, E FATAL 08P01";

const directly: Talk = async (said) => {
  const { connection } = await RawConnection.logIn(server.port, "postgres", server.password);
  const transcript = new Transcript();
  await connection.exchange(said, (bytes) => transcript.hear(bytes));
  const { told } = transcript;
  return told.filter((_, i) => `${told[i]}, ${told[i + 1]}` !== OUT_OF_TURN);
};

/** Blocks what says so, and lets no review wait. */
const decide = (command: Command): Settled =>
  decideByText(command) ?? { verdict: "run", review: null, by: [] };

const throughTheEngine = (said: Uint8Array, masker: Masker, catalog: Catalog | null) =>
  new Promise<readonly string[]>((resolve) => {
    const spec = sampleSpec();
    const engine = createEngine("postgres", {
      spec: { ...spec, resource: { ...spec.resource, user: "postgres", database: "postgres" } },
      crypto: seededCrypto(),
      grammar,
      masker,
      catalog,
      password: new TextEncoder().encode(server.password),
    });
    const run = new Conversation(engine, decide);
    const transcript = new Transcript();
    const socket: Socket = connect(server.port, "127.0.0.1");
    let opened = false;
    const finish = (): void => {
      socket.removeAllListeners();
      socket.destroy();
      resolve(transcript.told);
    };
    const take = (step: Step): void => {
      const { toClient, toUpstream, secretBytes, events } = run.take(step);
      if (toUpstream.length > 0) socket.write(toUpstream);
      const welcome = secretBytes > 0 && toClient.length > 0;
      if (!welcome && toClient.length > 0 && transcript.hear(toClient)) return finish();
      if (run.closed) return finish();
      if (events.some((event) => event.do === "lookup")) {
        take({ on: "learned", catalog });
      }
      if (!welcome || opened) return;
      opened = true;
      take({ on: "bytes", from: "client", bytes: said });
    };
    socket.on("connect", () => {
      take({ on: "opened" });
      const startup = messageBytes("client", "StartupMessage 3.0 user=postgres database=postgres");
      take({ on: "bytes", from: "client", bytes: startup });
    });
    socket.on("data", (bytes) => {
      if (!run.closed) take({ on: "bytes", from: "upstream", bytes: new Uint8Array(bytes) });
    });
    // "close" follows.
    socket.on("error", () => {});
    socket.on("close", () => {
      if (!run.closed) take({ on: "ended", side: "upstream", reason: null });
    });
  });

/** A conversation without an end is a failure, and says whose. */
const within = async <T>(seconds: number, who: string, promise: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${who} never ends`)), seconds * 1_000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

const BLOCKED = "/* block */ select ssn from employees";
/** Fails by itself where the other is refused: when it runs, not when it is read. */
const FAILING = "/* block */ select 1 / (id - id) from employees";

const failingInstead = (said: Uint8Array): Uint8Array =>
  concat(
    messageLines("client", said).map((line) =>
      messageBytes("client", line.replaceAll(BLOCKED, FAILING)),
    ),
  );

const said = fc
  .array(clientSays, { minLength: 1, maxLength: 6 })
  .map((steps) => concat(steps.map((step) => (step.on === "bytes" ? step.bytes : EMPTY))))
  .map((bytes) => concat([bytes, LAST]));

const isAllowed = (bytes: Uint8Array): boolean => !text(bytes).includes(BLOCKED);

/**
 * What masks and refusals may not change: the messages' kinds and order, tags and statuses. COPY's
 * data is cut anew; what fails while it runs has described its rows, what is refused has not; a
 * search path may hold any text, so it is not reported.
 */
const outline = (told: readonly string[]): readonly string[] =>
  told
    .filter((line) => !/^(CopyData|RowDescription|ParameterStatus "search_path")/.test(line))
    .map((line) => (/^(Command|Ready)/.test(line) ? line : (line.split(" ")[0] as string)));

/**
 * A portal whose names have moved since its Bind must be bound again (README of the protocol, "What
 * differs"): what follows is then another conversation.
 */
const hasMovedNames = (told: readonly string[], expected: readonly string[]): boolean =>
  told.includes("E ERROR 55000") && !expected.includes("E ERROR 55000");

export function differentialPostgres(limits: fc.Parameters<unknown>): void {
  const timeout = 2 * (limits.interruptAfterTimeLimit as number) + 60_000;
  beforeAll(startServer);
  afterAll(() => server.stop());
  describe("a real server through the engine", () => {
    it("answers as it does without", { timeout }, async () => {
      const check = fc.asyncProperty(said.filter(isAllowed), async (bytes) => {
        const expected = await within(5, "the server alone", directly(bytes));
        // A Query in a batch and an Execute behind it: a defect of the server's own.
        fc.pre(!expected.includes("E ERROR XX000"));
        const told = throughTheEngine(bytes, openMasker, null);
        const answers = await within(5, "the engine", told);
        fc.pre(!hasMovedNames(answers, expected));
        expect(answers).toEqual(expected);
      });
      await fc.assert(check, limits);
    });

    it(
      "takes a refusal as an error of its own, and never shows a masked value",
      async () => {
        const check = fc.asyncProperty(said, async (bytes) => {
          const expected = await within(5, "the server alone", directly(failingInstead(bytes)));
          const masked = throughTheEngine(bytes, postgresWords.masker("pii"), realCatalog());
          const told = await within(5, "the engine", masked);
          expect(told.filter((line) => line.includes(CANARY))).toEqual([]);
          fc.pre(!hasMovedNames(told, expected));
          expect(outline(told)).toEqual(outline(expected));
        });
        await fc.assert(check, limits);
      },
      timeout,
    );
  });
}
