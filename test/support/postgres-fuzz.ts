import fc from "fast-check";
import { concat, putU32, u32Bytes, utf8 } from "../../core/bytes.ts";
import type { Capture } from "./capture.ts";
import type { Step } from "./conversation.ts";
import { CANARY, MASKED_STATEMENTS } from "./postgres-model.ts";
import { messageBytes } from "./postgres-words.ts";
import { postgresWords } from "./postgres-engine.ts";

/*
 * Steps that could be PostgreSQL's: recorded conversations with something wrong in them, and noise.
 */

const name = fc.constantFrom("", "a", "b");
const quoted = (text: string): string => JSON.stringify(text);
const statement = fc.constantFrom(...MASKED_STATEMENTS.keys()).map(quoted);

const clientLine = fc.oneof(
  { weight: 4, arbitrary: statement.map((sql) => `Query ${sql}`) },
  { weight: 3, arbitrary: fc.tuple(name, statement).map(([n, sql]) => `Parse "${n}" ${sql} []`) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(name, name, fc.constantFrom("", "0", "1", "1 0"))
      .map(([portal, prepared, formats]) => `Bind "${portal}" "${prepared}" [] [] [${formats}]`),
  },
  { weight: 3, arbitrary: name.map((n) => `Execute "${n}" 0`) },
  { weight: 2, arbitrary: name.map((n) => `Describe P "${n}"`) },
  { weight: 1, arbitrary: name.map((n) => `Describe S "${n}"`) },
  { weight: 1, arbitrary: name.map((n) => `Close S "${n}"`) },
  { weight: 3, arbitrary: fc.constant("Sync") },
  {
    weight: 1,
    arbitrary: fc.constantFrom("Flush", "CopyDone", 'CopyFail "no"', 'CopyData "1\\tx\\n"'),
  },
  { weight: 1, arbitrary: fc.constant('FunctionCall 1598 [] ["x"] 0') },
);

const cell = fc.constantFrom(quoted(CANARY), quoted(`a ${CANARY} b`), "NULL");
const column = fc.constantFrom(
  "ssn:text@16390.3",
  "name:text@16390.3",
  "ssn:text",
  "salary:numeric@16390.4",
  "x:1009",
  "ssn:text@16390.3/b",
  "y:jsonb@16390.3/b",
);

const serverLine = fc.oneof(
  { weight: 4, arbitrary: fc.array(cell, { maxLength: 3 }).map((c) => `DataRow ${c.join(" ")}`) },
  {
    weight: 4,
    arbitrary: fc.array(column, { maxLength: 3 }).map((c) => `RowDescription ${c.join(" ")}`),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom("SELECT 1", "BEGIN", "COPY 1", "FETCH 1")
      .map((t) => `CommandComplete "${t}"`),
  },
  { weight: 4, arbitrary: fc.constantFrom("I", "T", "E").map((s) => `ReadyForQuery ${s}`) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "ParseComplete",
      "BindComplete",
      "CloseComplete",
      "NoData",
      "PortalSuspended",
      "EmptyQueryResponse",
      "ParameterDescription",
      "CopyDone",
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom("Error", "Notice"),
        fc.constantFrom("22P02", "07805", "42703", "P0001"),
      )
      .map(([kind, code]) => {
        const words = `M="${CANARY}" D="${CANARY}" W="${CANARY}"`;
        return `${kind}Response S=ERROR V=ERROR C=${code} ${words}`;
      }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "CopyOutResponse text 0 0",
      "CopyOutResponse binary 1",
      "CopyInResponse text 0 0",
      `CopyData "1\\t${CANARY}\\n"`,
      `CopyData "${CANARY}"`,
      `NotificationResponse 1 "news" "${CANARY}"`,
      `ParameterStatus "application_name" "${CANARY}"`,
      `FunctionCallResponse "${CANARY}"`,
    ),
  },
);

const bytesOf = (from: "client" | "upstream", bytes: Uint8Array): Step => ({
  on: "bytes",
  from,
  bytes,
});

const pieces = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.array(arbitrary, { minLength: 1, maxLength: 6 });
/** A statement on its way to its rows, as drivers send it: by chance alone this is seldom said. */
const clientRuns = fc
  .tuple(name, statement, fc.boolean())
  .map(([n, sql, described]) => [
    `Parse "${n}" ${sql} []`,
    `Bind "${n}" "${n}" [] [] []`,
    ...(described ? [`Describe P "${n}"`] : []),
    `Execute "${n}" 0`,
  ]);
/** Up to six things that a client says, as one piece. */
export const clientSays = pieces(
  fc.oneof(
    { weight: 4, arbitrary: clientLine.map((line) => [line]) },
    { weight: 1, arbitrary: clientRuns },
  ),
).map((said) => bytesOf("client", concat(said.flat().map((line) => messageBytes("client", line)))));
const serverSays = pieces(serverLine).map((lines) =>
  bytesOf("upstream", concat(lines.map((line) => messageBytes("server", line)))),
);

/** A message of any type with any body, and a length that may lie. */
const noise = fc
  .record({
    type: fc.constantFrom(...utf8("QPBEDCSHFdcfXRKZTI123nstGVANv")),
    body: fc.uint8Array({ maxLength: 40 }),
    lie: fc.constantFrom(0, 0, 0, 1, -1, 1000, 0x7fffffff),
  })
  .map(({ type, body, lie }) => {
    const whole = concat([Uint8Array.of(type), u32Bytes(body.length + 4), body]);
    if (lie !== 0) putU32(whole, 1, lie === 0x7fffffff ? lie : body.length + 4 + lie);
    return whole;
  });
const side = fc.constantFrom("client", "upstream");
const noisy = fc.tuple(side, noise).map(([from, bytes]) => bytesOf(from, bytes));

const events: fc.Arbitrary<Step> = fc.constantFrom<Step>(
  { on: "settled", decision: { verdict: "run", review: "rev_1", by: ["rui"] } },
  {
    on: "settled",
    decision: { verdict: "refuse", code: "rejected", review: "rev_1", message: "No." },
  },
  { on: "asked", review: "rev_1", url: "https://gate.example", expiresInSeconds: 60 },
  { on: "learned", catalog: postgresWords.catalog("shop") },
  { on: "learned", catalog: null },
  { on: "policy", masker: postgresWords.masker("pii") },
  { on: "policy", masker: postgresWords.masker("both") },
  { on: "cancel", key: Uint8Array.of(0xc6, 0x7e, 0x81, 0x6b) },
  { on: "opened" },
  { on: "secured" },
);
const endings: fc.Arbitrary<Step> = fc.constantFrom<Step>(
  { on: "revoked", code: "killed", reason: "Over." },
  { on: "ended", side: "client", reason: null },
  { on: "ended", side: "upstream", reason: "reset" },
);

/** What one client does, and a word of the server's that could come at the wrong place. */
export const clientAlone = fc.record({
  steps: fc.array(
    fc.oneof({ weight: 9, arbitrary: clientSays }, { weight: 2, arbitrary: events }),
    { minLength: 1, maxLength: 10 },
  ),
  mistake: serverLine,
});

/** Both sides say what they like. */
export const anythingGoes: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: clientSays },
    { weight: 8, arbitrary: serverSays },
    { weight: 3, arbitrary: events },
    { weight: 1, arbitrary: noisy },
    { weight: 1, arbitrary: endings },
  ),
  { maxLength: 14 },
);

type Mutation = (steps: readonly Step[], at: number, byte: number) => readonly Step[];
const MUTATIONS: readonly Mutation[] = [
  (steps) => steps,
  (steps, at) => steps.toSpliced(at, 1),
  (steps, at) => steps.toSpliced(at, 0, steps[at] as Step),
  (steps, at) => steps.toSpliced(at, 2, ...steps.slice(at, at + 2).toReversed()),
  (steps, at, byte) => steps.with(at, changed(steps[at] as Step, byte)),
  (steps, at, byte) => steps.with(at, shortened(steps[at] as Step, byte)),
];

function changed(step: Step, byte: number): Step {
  if (step.on !== "bytes" || step.bytes.length === 0) return step;
  const bytes = step.bytes.slice();
  const at = byte % bytes.length;
  bytes[at] = (bytes[at] as number) ^ (1 << (byte % 8));
  return { ...step, bytes };
}

const shortened = (step: Step, byte: number): Step =>
  step.on === "bytes"
    ? { ...step, bytes: step.bytes.slice(0, byte % (step.bytes.length + 1)) }
    : step;

/** A recorded conversation with up to three things wrong in it. */
export function mutated(captures: readonly Capture[]): fc.Arbitrary<readonly Step[]> {
  const mutation = fc.tuple(fc.nat(MUTATIONS.length - 1), fc.nat(50), fc.nat(5_000));
  return fc
    .tuple(fc.constantFrom(...captures), fc.array(mutation, { maxLength: 3 }))
    .map(([capture, mutations]) => {
      let steps: readonly Step[] = capture.steps.map(({ step }) => step);
      for (const [which, at, byte] of mutations) {
        if (steps.length > 0)
          steps = (MUTATIONS[which] as Mutation)(steps, at % steps.length, byte);
      }
      return steps;
    });
}

/** Captures of megabytes are for cuts, not for thousands of runs. */
const RUN_BYTES_MAX = 20_000;

export const shortOnes = (captures: readonly Capture[]): readonly Capture[] =>
  captures.filter(({ steps }) =>
    steps.every(({ step }) => step.on !== "bytes" || step.bytes.length < RUN_BYTES_MAX),
  );
