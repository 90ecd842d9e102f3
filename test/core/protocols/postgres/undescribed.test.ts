import { expect, it } from "vitest";
import { concat, text, utf8 } from "../../../../core/bytes.ts";
import { decideByText } from "../../../support/capture.ts";
import { Conversation } from "../../../support/conversation.ts";
import { loadGrammar } from "../../../support/grammar.ts";
import { newPostgresEngine } from "../../../support/postgres-engine.ts";
import { messageBytes } from "../../../support/postgres-words.ts";

it("ends the session when a row too large to hold has more columns than described", async () => {
  const settings = new Map([["masker", "pii"]]);
  const run = new Conversation(newPostgresEngine(await loadGrammar(), settings), decideByText);
  const say = (from: "client" | "upstream", bytes: Uint8Array) =>
    run.take({ on: "bytes", from, bytes });
  say("client", messageBytes("client", 'Query "select ssn from employees"'));
  // A length of nearly 2 GiB, one column of 11 bytes, where none was described.
  const row = Uint8Array.of(0x44, 0x7f, 0xff, 0xff, 0xff, 0, 1, 0, 0, 0, 11);
  const said = concat([messageBytes("server", "RowDescription"), row, utf8("078-05-1120")]);
  const { toClient, events } = say("upstream", said);
  expect(text(toClient)).not.toContain("078-05");
  expect(events.at(-1)).toMatchObject({ do: "close", code: "upstream_protocol" });
});
