import type { Settled } from "../../core/decision.ts";
import type { Command } from "../../core/command.ts";
import { concat } from "../../core/bytes.ts";
import type { Side } from "../../core/engine.ts";
import type { Conversation, Event, Outcome, Step } from "./conversation.ts";
import { bytesOf, lineOf, unquoted, wordOf, Words, wordsOf } from "./words.ts";

/*
 * A capture is a conversation that people can read and tests can hold (test/captures/README.md).
 * What happens to the engine is written by hand; what comes of it stands below each step and is
 * compared.
 */

type Speaker = "client" | "server";

/** What a protocol lends: its messages as words, and the things that captures name. */
export type Vocabulary = {
  readonly bytes: (speaker: Speaker, line: string) => Uint8Array;
  readonly lines: (speaker: Speaker, bytes: Uint8Array) => readonly string[];
  readonly masker: (name: string) => Extract<Step, { on: "policy" }>["masker"];
  readonly catalog: (name: string) => Extract<Step, { on: "learned" }>["catalog"];
};

export type Capture = {
  readonly name: string;
  /** `with KEY VALUE` lines. */
  readonly settings: ReadonlyMap<string, string>;
  readonly steps: readonly { readonly step: Step; readonly endsAtLine: number }[];
  readonly lines: readonly string[];
};

const COMING_OUT = /^(client<|server<|hold|withdraw|lookup|record|secure|cancel|close)(\s|$)/;

export function readCapture(name: string, text: string, vocabulary: Vocabulary): Capture {
  const lines = text.trimEnd().split("\n");
  const settings = new Map<string, string>();
  const steps: { step: Step; endsAtLine: number }[] = [];
  let before = "";
  for (const [endsAtLine, line] of lines.entries()) {
    const [word = "", ...more] = line.split(/\s+/);
    const speaker = /^(client|server)\s/.exec(line)?.[1] as Speaker | undefined;
    if (word === "with") settings.set(more[0] as string, more.slice(1).join(" "));
    else if (speaker !== undefined) {
      const bytes = vocabulary.bytes(speaker, line.slice(speaker.length).trim());
      const last = steps.at(-1);
      if (before === speaker && last?.step.on === "bytes") {
        const joined = { ...last.step, bytes: concat([last.step.bytes, bytes]) };
        steps[steps.length - 1] = { step: joined, endsAtLine };
      } else steps.push({ step: { on: "bytes", from: sideOf(speaker), bytes }, endsAtLine });
    } else if (word !== "" && word !== "#" && !COMING_OUT.test(line)) {
      steps.push({ step: otherStep(line, vocabulary), endsAtLine });
    }
    before = word;
  }
  return { name, settings, steps, lines };
}

const sideOf = (speaker: Speaker): Side => (speaker === "server" ? "upstream" : "client");

function otherStep(line: string, vocabulary: Vocabulary): Step {
  const words = new Words(wordsOf(line));
  const on = words.next();
  switch (on) {
    case "opened":
    case "secured":
      return { on };
    case "settled":
      return { on, decision: decisionOf(words) };
    case "asked":
      return {
        on,
        review: words.next(),
        url: words.next(),
        expiresInSeconds: Number(words.next()),
      };
    case "learned":
      return { on, catalog: vocabulary.catalog(words.next()) };
    case "policy":
      return { on, masker: vocabulary.masker(words.next()) };
    case "cancels":
      return { on: "cancel", key: bytesOf(words.next()) as Uint8Array };
    case "revoked":
      return { on, code: words.next(), reason: unquoted(words.next()) };
    case "ended":
      return {
        on,
        side: sideOf(words.next() as Speaker),
        reason: words.ends ? null : unquoted(words.next()),
      };
    default:
      throw new Error(`no such step: ${line}`);
  }
}

function decisionOf(words: Words): Settled {
  if (words.takes("run")) return { verdict: "run", review: "rev_1", by: ["rui"] };
  const code = words.next() as Extract<Settled, { verdict: "refuse" }>["code"];
  return { verdict: "refuse", code, review: "rev_1", message: unquoted(words.next()) };
}

/** The policy of captures: a statement says itself what becomes of it. */
export function decideByText({ text, id }: Command): Settled | null {
  if (text.includes("/* review */")) return null;
  if (!text.includes("/* block */")) return { verdict: "run", review: null, by: [] };
  const message = `Command ${id} is not allowed here.`;
  return { verdict: "refuse", code: "blocked", review: null, message };
}

/**
 * Runs a capture and writes it anew: what was there by hand stays, what comes out is as it came.
 */
export function retell(capture: Capture, run: Conversation, vocabulary: Vocabulary): string {
  const out: string[] = [];
  const ends = new Map(capture.steps.map(({ step, endsAtLine }) => [endsAtLine, step]));
  for (const [at, line] of capture.lines.entries()) {
    if (!COMING_OUT.test(line)) out.push(line);
    const step = ends.get(at);
    if (step !== undefined) out.push(...outcomeLines(run.take(step), vocabulary));
  }
  return `${out.join("\n")}\n`;
}

function outcomeLines(outcome: Outcome, vocabulary: Vocabulary): string[] {
  const said = (speaker: Speaker, bytes: Uint8Array): string[] =>
    vocabulary
      .lines(speaker === "client" ? "server" : "client", bytes)
      .map((line) => `${speaker}< ${line}`);
  return [
    ...outcome.events.map(eventLine),
    ...said("server", outcome.toUpstream),
    ...said("client", outcome.toClient),
  ];
}

function eventLine(event: Event): string {
  switch (event.do) {
    case "hold":
      return `hold    ${commandWords(event.command)}`;
    case "withdraw":
      return `withdraw #${event.command} ${JSON.stringify(event.reason)}`;
    case "lookup":
      return `lookup  ${JSON.stringify(event.unknown)}`;
    case "record": {
      const { kind, ...rest } = event.fact;
      return `record  #${event.command} ${kind} ${JSON.stringify(rest)}`;
    }
    case "secure":
      return `secure  ${event.serverName}`;
    case "cancel":
      return `cancel  ${wordOf(event.bytes)}`;
    case "close":
      return `close   ${event.code} ${JSON.stringify(event.reason)}`;
  }
}

function commandWords(command: Command): string {
  const values = command.parameters.map(({ value }) => wordOf(value));
  const words = [
    `#${command.id}`,
    command.operations.join("+"),
    JSON.stringify(command.shown),
    ...(command.objects.length > 0 ? ["of", command.objects.join("+")] : []),
    ...(values.length > 0 ? ["with", lineOf(values)] : []),
    ...(command.unbounded ? ["unbounded"] : []),
    ...(command.holdsLocks ? ["holding locks"] : []),
    ...(command.changesNothing ? ["changing nothing"] : []),
  ];
  return words.join(" ");
}
