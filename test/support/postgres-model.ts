import { concat } from "../../core/bytes.ts";
import { messageBytes, messageLines } from "./postgres-words.ts";
import { unquoted, wordsOf } from "./words.ts";

/*
 * A server that answers what it is asked, mostly; every value in it is the one that no client may
 * see.
 */

export const CANARY = "078-05-1120";

type Result =
  | { readonly columns: readonly string[] }
  | { readonly tag: string }
  | { readonly copy: "text" | "binary"; readonly fields: number; readonly data: readonly string[] }
  | { readonly copyIn: true };

const SSN = "ssn:text@16390.3";
const SALARY = "salary:numeric@16390.4";
const LINE = JSON.stringify(`${CANARY}\t${CANARY}\n`);
/** A tuple of two fields of 11 bytes (manual, "COPY", Binary Format). */
const FIELD = `0000000b${Buffer.from(CANARY).toString("hex")}`;
const TUPLES = `0x5047434f50590aff0d0a0000000000000000000002${FIELD}${FIELD}ffff`;

/** Each shows masked columns alone, or nothing that a server could put a value in. */
export const MASKED_STATEMENTS: ReadonlyMap<string, readonly Result[]> = new Map([
  ["select ssn from employees", [{ columns: [SSN] }]],
  ["select ssn as name, salary from employees", [{ columns: ["name:text@16390.3", SALARY] }]],
  [
    "select upper(ssn) from employees; select ssn from employees",
    [{ columns: ["upper:text"] }, { columns: [SSN] }],
  ],
  ["select array_agg(ssn), to_jsonb(ssn) from employees", [{ columns: ["a:1009", "b:jsonb"] }]],
  ["begin", [{ tag: "BEGIN" }]],
  ["commit", [{ tag: "COMMIT" }]],
  ["rollback", [{ tag: "ROLLBACK" }]],
  ["prepare p as select ssn from employees", [{ tag: "PREPARE" }]],
  ["execute p", [{ columns: [SSN] }]],
  ["deallocate p", [{ tag: "DEALLOCATE" }]],
  ["declare c cursor for select ssn from employees", [{ tag: "DECLARE CURSOR" }]],
  ["fetch 1 from c", [{ columns: [SSN] }]],
  ["copy employees (ssn, salary) to stdout", [{ copy: "text", fields: 2, data: [LINE, LINE] }]],
  [
    "copy (select ssn, ssn from employees) to stdout with (format csv)",
    [{ copy: "text", fields: 2, data: [JSON.stringify(`"${CANARY}",${CANARY}\n`)] }],
  ],
  [
    "copy employees (ssn, salary) to stdout with (format binary)",
    [{ copy: "binary", fields: 2, data: [TUPLES.slice(0, 60), `0x${TUPLES.slice(60)}`] }],
  ],
  ["copy notes from stdin", [{ copyIn: true }]],
  ["set search_path to archive", [{ tag: "SET" }]],
  ["create temp table t as select ssn from employees", [{ tag: "SELECT 1" }]],
  ["select ssn from t", [{ columns: ["ssn:text@90001.1"] }]],
  ["discard all", [{ tag: "DISCARD ALL" }]],
  ["alter table employees alter name set default ''", [{ tag: "ALTER TABLE" }]],
  ["/* block */ select ssn from employees", [{ columns: [SSN] }]],
  ["/* review */ select ssn from employees", [{ columns: [SSN] }]],
  ["listen news", [{ tag: "LISTEN" }]],
]);

const ERROR = `ErrorResponse S=ERROR V=ERROR C=07805 M="${CANARY}" D="${CANARY}" W="${CANARY}"`;

const FLUSHING = new Set(["Query", "Sync", "Flush", "FunctionCall", "CopyFail"]);

export class ModelServer {
  readonly #random: (below: number) => number;
  readonly #mistake: string | null;
  readonly #statements = new Map<string, string>();
  readonly #portals = new Map<string, string>();
  #skipping = false;
  #copyingIn: "simple" | "extended" | null = null;
  #status = "I";
  readonly #answers: string[] = [];
  #flushed = 0;

  /** `mistake`: a message of the server's, said now and then where it has no business. */
  constructor(random: (below: number) => number, mistake: string | null) {
    this.#random = random;
    this.#mistake = mistake;
  }

  /** Bytes for the engine: all that was flushed, or only a part of it. */
  speak(): Uint8Array {
    const count = this.#random(3) === 0 ? this.#random(this.#flushed) : this.#flushed;
    const now = this.#answers.splice(0, count);
    this.#flushed -= count;
    return concat(now.map((line) => messageBytes("server", line)));
  }

  hear(bytes: Uint8Array): void {
    for (const line of messageLines("client", bytes)) {
      const slips = this.#mistake !== null && this.#random(60) === 0;
      if (slips) this.#answers.push(this.#mistake);
      const words = wordsOf(line);
      this.#one(words);
      if (FLUSHING.has(words[0] ?? "")) this.#flush();
    }
  }

  #one([name = "", ...words]: readonly string[]): void {
    const [first = "", second = ""] = words.map(unquoted);
    if (this.#skipping && name !== "Sync") return;
    if (this.#copyingIn !== null) return this.#copy(name);
    switch (name) {
      case "Query":
        if (this.#results(first, true) && this.#copyingIn === null) this.#ready();
        return;
      case "Parse":
        if (second.includes(";")) return this.#fail("C=42601 M=several");
        if (this.#unlessFailed("ParseComplete")) this.#statements.set(first, second);
        return;
      case "Bind":
        if (this.#unlessFailed("BindComplete"))
          this.#portals.set(first, this.#statements.get(second) ?? "");
        return;
      case "Describe":
        return this.#describe(first === "S" ? this.#statements : this.#portals, first, second);
      case "Execute":
        if (first === "sluice refuses") return this.#fail("C=34000 M=no");
        this.#results(this.#portals.get(first) ?? "", false);
        return;
      case "Close":
        this.#unlessFailed("CloseComplete");
        return;
      case "Sync":
        this.#skipping = false;
        return this.#ready();
      default:
    }
  }

  /** Flush and Sync are ignored, anything but the COPY's own ends the connection. */
  #copy(name: string): void {
    if (name === "CopyData" || name === "Flush" || name === "Sync") return;
    const how = this.#copyingIn;
    this.#copyingIn = null;
    if (name === "CopyDone") this.#answers.push('CommandComplete "COPY 1"');
    else if (name === "CopyFail") this.#answers.push(ERROR);
    else this.#answers.push("ErrorResponse S=FATAL V=FATAL C=08P01 M=unexpected");
    if (how === "simple") this.#ready();
    else this.#skipping = name !== "CopyDone";
    if (how === "simple" || name !== "CopyDone") this.#flush();
  }

  /** A batch's answers are kept back until then (manual, "Extended Query"). */
  #flush(): void {
    this.#flushed = this.#answers.length;
  }

  #unlessFailed(line: string): boolean {
    const failed = this.#random(15) === 0;
    if (failed) this.#fail();
    else this.#answers.push(line);
    return !failed;
  }

  #fail(words?: string): void {
    this.#answers.push(words === undefined ? ERROR : `ErrorResponse S=ERROR V=ERROR ${words}`);
    this.#skipping = true;
    this.#flush();
    if (this.#status === "T") this.#status = "E";
  }

  #ready(): void {
    this.#answers.push(`ReadyForQuery ${this.#status}`);
  }

  #describe(map: ReadonlyMap<string, string>, kind: string, name: string): void {
    const [result] = MASKED_STATEMENTS.get(map.get(name) ?? "") ?? [];
    if (this.#random(15) === 0) return this.#fail();
    if (kind === "S") this.#answers.push("ParameterDescription");
    if (result === undefined || !("columns" in result)) this.#answers.push("NoData");
    else this.#answers.push(`RowDescription ${result.columns.join(" ")}`);
  }

  /** True: a simple query is over but for its ReadyForQuery. */
  #results(sql: string, simple: boolean): boolean {
    for (const result of MASKED_STATEMENTS.get(sql) ?? []) {
      if (this.#random(12) === 0) {
        this.#answers.push(ERROR);
        this.#flush();
        this.#skipping = !simple;
        return true;
      }
      this.#result(result, simple);
    }
    if (sql === "begin") this.#status = "T";
    if (sql === "commit" || sql === "rollback") this.#status = "I";
    return true;
  }

  #result(result: Result, simple: boolean): void {
    if ("tag" in result) this.#answers.push(`CommandComplete "${result.tag}"`);
    else if ("copyIn" in result) {
      this.#answers.push("CopyInResponse text 0 0");
      this.#copyingIn = simple ? "simple" : "extended";
      this.#flush();
    } else if ("copy" in result) {
      this.#answers.push(`CopyOutResponse ${result.copy} ${"0 ".repeat(result.fields)}`);
      this.#answers.push(...result.data.map((data) => `CopyData ${data}`));
      this.#answers.push("CopyDone", 'CommandComplete "COPY 1"');
    } else this.#rows(result.columns, simple);
  }

  #rows(columns: readonly string[], simple: boolean): void {
    if (simple) this.#answers.push(`RowDescription ${columns.join(" ")}`);
    const count = this.#random(4);
    const row = `DataRow ${columns.map(() => JSON.stringify(CANARY)).join(" ")}`;
    for (let i = 0; i < count; i++) this.#answers.push(row);
    if (!simple && this.#random(5) === 0) this.#answers.push("PortalSuspended");
    else this.#answers.push(`CommandComplete "SELECT ${count}"`);
  }
}
