import type { RecordView } from "../../core/api/record.ts";
import { fromBase64 } from "../../core/bytes.ts";
import { TableWriter } from "../output/rows.ts";
import { visible, visibleLines } from "../output/visible.ts";
import { AnswerRenderer, type Shown } from "../wire/answer.ts";
import { MessageReader } from "../../core/protocols/postgres/seen.ts";
import { ExchangeScreen } from "./exchanges.ts";
import { say, sentence } from "./facts.ts";

/** One moment of a session: wait, then print. */
export type Moment = { readonly waitMs: number; readonly text: string };

export type Pace = { readonly speed: number; readonly wait: boolean };

/** Nobody watches a cursor blink over lunch. */
const pauseMsMax = 5_000;

/**
 * A recording as the person saw it: statements in their shown form, what was decided, and the
 * rows from the masked bytes that went to the client; requests and their answers likewise.
 */
export async function* replay(
  records: AsyncIterable<RecordView>,
  { speed, wait }: Pace,
): AsyncGenerator<Moment> {
  let screen: Screen = new StatementScreen();
  let before: number | null = null;
  for await (const record of records) {
    if (record.kind === "opened" && isHttp(record)) screen = new ExchangeScreen();
    const text = screen.show(record);
    if (text === "") continue;
    const at = Date.parse(record.at);
    const passed = before === null ? 0 : Math.max(at - before, 0);
    before = at;
    yield { waitMs: wait ? Math.min(passed / speed, pauseMsMax) : 0, text };
  }
  const text = screen.rest();
  if (text !== "") yield { waitMs: 0, text };
}

/** Of a session that speaks in requests and answers, by its first record. */
const isHttp = ({ fact }: RecordView): boolean => fact["protocol"] === "http";

type Screen = {
  show(record: RecordView): string;
  /** What is still to be shown at the end. */
  rest(): string;
};

class StatementScreen implements Screen {
  readonly #reader = new MessageReader();
  readonly #answer = new AnswerRenderer(new TableWriter());

  show(record: RecordView): string {
    switch (record.kind) {
      case "toClient":
        return this.#bytes(record);
      case "toUpstream":
      case "completed":
      case "login":
        return "";
      case "command":
        return `${clock(record)} > ${visibleLines(say(record.fact, "shown"))}\n`;
      case "decision":
        return record.fact["verdict"] === "allow" ? "" : told(record);
      default:
        return told(record);
    }
  }

  rest(): string {
    return "";
  }

  #bytes({ fact }: RecordView): string {
    const bytes = typeof fact["bytes"] === "string" ? fromBase64(fact["bytes"]) : null;
    let text = "";
    for (const message of this.#reader.push(bytes ?? new Uint8Array(0))) {
      const shown = this.#answer.show(message);
      if (shown !== null) text += onScreen(shown);
    }
    return text;
  }
}

/** Output comes visible from its writer. */
function onScreen(shown: Shown): string {
  if (shown.is === "output") return shown.text;
  return shown.is === "error" || shown.is === "notice" ? `${visibleLines(shown.text)}\n` : "";
}

const told = (record: RecordView): string => {
  const said = sentence(record);
  return said === null ? "" : `${clock(record)} -- ${visible(said)}\n`;
};

const clock = ({ at }: RecordView): string => at.slice(11, 23);
