import type { RecordView } from "../../core/api/record.ts";
import { maskedValues, type Tallied } from "../../core/tally.ts";

/** One line of a timeline: what a record says to a person, or null for the bytes themselves. */
export function sentence({ kind, fact }: RecordView): string | null {
  switch (kind) {
    case "opened":
      return `opened by ${say(fact, "principal")} on ${say(fact, "resource")}`;
    case "login":
      return `signed in: server ${say(fact, "server")}, client ${say(fact, "client")}`;
    case "command":
      return `statement: ${say(fact, "shown")}`;
    case "decision":
      return `${say(fact, "verdict")} by ${say(fact, "rules")}${tail(fact, "message")}`;
    case "settled":
      return `settled: ${say(fact, "verdict")} by ${say(fact, "by")}${tail(fact, "message")}`;
    case "response":
      return `answer ${say(fact, "status")}`;
    case "completed":
      return `completed: ${say(fact, "tag")}${masked(fact)}`;
    case "failed":
      return `failed: ${say(fact, "sqlstate")}, said ${String(fact.from)}`;
    case "copyIn":
      return `copied in: ${say(fact, "rows")} rows, ${say(fact, "bytes")} bytes`;
    case "cancel":
      return `cancel: ${say(fact, "outcome")}`;
    case "policy":
      return `policy ${say(fact, "version")} is in force`;
    case "note":
      return say(fact, "message");
    case "end":
      return `ended: ${say(fact, "code")}${tail(fact, "message")}`;
    default:
      return null;
  }
}

type Fact = RecordView["fact"];

export function say(fact: Fact, name: string): string {
  const value = fact[name];
  if (value === null || value === undefined) return "nobody";
  if (Array.isArray(value)) return value.length === 0 ? "no rule" : value.join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}

const tail = (fact: Fact, name: string): string =>
  typeof fact[name] === "string" && fact[name] !== "" ? ` (${fact[name]})` : "";

function masked(fact: Fact): string {
  const [rules, found] = [listIn(fact["masked"]), listIn(fact["findings"])];
  return maskedInWords(maskedValues({ masked: rules, findings: found } as Tallied));
}

/** Behind other words; nothing where nothing was masked. */
export function maskedInWords(values: number): string {
  if (values === 0) return "";
  return values === 1 ? ", 1 value masked" : `, ${values} values masked`;
}

const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
