import { concat, utf8 } from "../core/bytes.ts";
import type { BodyRules } from "../core/masking/bodies/body.ts";
import { bodyMaskerFor } from "../core/masking/bodies/choose.ts";
import { FieldRules, parseFieldPattern } from "../core/masking/fields.ts";
import type { Effort } from "./effort.ts";
import { policyOf } from "./core.ts";
import { Table } from "./sheet.ts";
import type { World } from "./world.ts";

/** As a read of the target hands it over. */
const chunkBytes = 64 * 1024;
const smallBytes = 100_000;
const largeBytes = 200_000_000;

const record = (n: number) => ({
  id: n,
  createdAt: "2024-01-02T09:00:00.000Z",
  name: `Customer number ${n}`,
  email: `customer${n}@example.com`,
  ssn: "123-45-6789",
  card: { number: "4242424242424242", brand: "visa" },
  address: { street: "Rua da Prata 80", city: "Lisbon", zip: "1100-420" },
  tags: ["a", "bc", "new"],
  active: n % 2 === 0,
  balance: n * 1.37,
  note: "Please leave it at the door, thank you; ring twice if nobody is there.",
});

type Document = {
  readonly type: string;
  readonly begin: string;
  readonly end: string;
  one(n: number): string;
};

const DOCUMENTS: Readonly<Record<string, Document>> = {
  JSON: {
    type: "application/json",
    begin: "[",
    one: (n) => `${n > 0 ? "," : ""}${JSON.stringify(record(n))}`,
    end: "]",
  },
  NDJSON: {
    type: "application/x-ndjson",
    begin: "",
    one: (n) => `${JSON.stringify(record(n))}\n`,
    end: "",
  },
  events: {
    type: "text/event-stream",
    begin: "",
    one: (n) => `id: ${n}\ndata: ${JSON.stringify(record(n))}\n\n`,
    end: "",
  },
  text: {
    type: "text/plain",
    begin: "",
    one: (n) => `2024-01-02T09:00:00Z INFO customer ${n} of Lisbon asked for a copy of the bill\n`,
    end: "",
  },
  CSV: {
    type: "text/csv",
    begin: "id,name,email,ssn,city,note\n",
    one: (n) =>
      `${n},Customer number ${n},customer${n}@example.com,123-45-6789,Lisbon,"At, once"\n`,
    end: "",
  },
};

const PATTERNS = ["ssn", "email", "card.number"];

function rulesBy(kind: "by key" | "by detectors" | "both"): BodyRules {
  const { masker } = policyOf("detectors");
  const mask = masker.whole("pii");
  const patterns = kind === "by detectors" ? [] : PATTERNS.map(parseFieldPattern);
  const rules = patterns.flatMap((pattern) => (pattern === null ? [] : [{ pattern, mask }]));
  return { fields: new FieldRules(rules), detect: kind === "by key" ? null : masker };
}

/** Bodies of HTTP through their maskers, in this process: nothing is sent. */
export class BodiesBench {
  readonly table = new Table({
    title: "Bodies alone: through their maskers in chunks of 64 kB, MB/s",
    columns: ["chunks copied (c)", "parsed and written", "by key", "by detectors", "both"],
    against: { column: "chunks copied (c)", as: "share" },
    digits: 0,
  });
  readonly tables = [this.table];
  #done = false;

  /** No world is needed, so one run is enough. */
  async run(_: World, { repeats, seconds, rows }: Effort): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    for (const [name, document] of Object.entries(DOCUMENTS)) {
      const small = chunksOf(document, smallBytes);
      for (let repeat = 0; repeat < repeats; repeat++) {
        this.#measure(`${name}, 100 kB`, document.type, small, seconds / 2);
      }
    }
    // As much less as there are fewer rows.
    const large = Math.min(largeBytes, rows * (largeBytes / 1_000_000));
    const chunks = chunksOf(DOCUMENTS["JSON"] as Document, large);
    for (let repeat = 0; repeat < repeats; repeat++) {
      this.#measure(`JSON, ${large / 1e6} MB`, "application/json", chunks, 0);
    }
  }

  #measure(line: string, type: string, chunks: readonly Uint8Array[], seconds: number): void {
    const add = (column: string, work: () => number) =>
      this.table.add(line, "core", column, megabytesPerSecond(chunks, seconds, work));
    add("chunks copied (c)", () => sum(chunks, (chunk) => chunk.slice().length));
    if (line.startsWith("JSON")) {
      add("parsed and written", () => {
        const parsed: unknown = JSON.parse(new TextDecoder().decode(concat(chunks)));
        return utf8(JSON.stringify(parsed)).length;
      });
    }
    for (const column of ["by key", "by detectors", "both"] as const) {
      const rules = rulesBy(column);
      add(column, () => masked(type, rules, chunks));
    }
  }
}

function masked(type: string, rules: BodyRules, chunks: readonly Uint8Array[]): number {
  const masker = bodyMaskerFor(type, rules, "refuse");
  if (typeof masker === "string") throw new Error(`${type}: ${masker}`);
  const length = (part: Uint8Array | null): number => {
    if (part === null) throw new Error(`${type} is refused`);
    return part.length;
  };
  return sum(chunks, (chunk) => length(masker.push(chunk))) + length(masker.finish());
}

const sum = (chunks: readonly Uint8Array[], of: (chunk: Uint8Array) => number): number =>
  chunks.reduce((total, chunk) => total + of(chunk), 0);

function chunksOf(document: Document, bytes: number): readonly Uint8Array[] {
  const out: Uint8Array[] = [];
  let pending = [document.begin];
  let [length, total] = [0, 0];
  const put = () => {
    const part = utf8(pending.join(""));
    for (let at = 0; at < part.length; at += chunkBytes) out.push(part.slice(at, at + chunkBytes));
    pending = [];
    length = 0;
  };
  for (let n = 0; total < bytes; n++) {
    const next = document.one(n);
    pending.push(next);
    length += next.length;
    total += next.length;
    if (length >= 16 * chunkBytes) put();
  }
  pending.push(document.end);
  put();
  return out;
}

/** As often as the time allows, once at least, after half of it to get warm. */
function megabytesPerSecond(
  chunks: readonly Uint8Array[],
  seconds: number,
  work: () => number,
): number {
  const bytes = sum(chunks, (chunk) => chunk.length);
  const until = (end: number) => {
    let count = 0;
    do {
      if (work() === 0) throw new Error("nothing came out");
      count++;
    } while (performance.now() < end);
    return count;
  };
  if (seconds > 0) until(performance.now() + seconds * 500);
  const begun = performance.now();
  const count = until(begun + seconds * 1000);
  return (count * bytes) / 1000 / (performance.now() - begun);
}
