import {
  base64,
  concat,
  fromBase64,
  putU16,
  putU32,
  strictText,
  u16,
  u32,
  utf8,
} from "../bytes.ts";
import type { CommandId } from "../command.ts";
import type { UnixMs } from "../decision.ts";
import type { CommandSecret, Event, Fact } from "../fact.ts";

/*
 * A record (CONTRACTS §6): `u32 length · u8 kind · u48 UnixMs · u32 command · payload`. The length
 * counts what follows it. The payload is JSON, or the bytes themselves for toClient and toUpstream.
 */

/** Never renumber: recordings outlive the program that wrote them. */
export const KINDS = {
  opened: 1,
  login: 2,
  command: 3,
  decision: 4,
  settled: 5,
  completed: 6,
  failed: 7,
  copyIn: 8,
  cancel: 9,
  policy: 10,
  note: 11,
  toClient: 12,
  toUpstream: 13,
  end: 14,
  response: 15,
} as const satisfies Record<Fact["kind"], number>;

const NAMES: ReadonlyMap<number, Fact["kind"]> = new Map(
  Object.entries(KINDS).map(([name, number]) => [number, name as Fact["kind"]]),
);

const LENGTH_BYTES = 4;
const HEAD_BYTES = LENGTH_BYTES + 1 + 6 + 4;

/** Encrypts one secret part. What it answers is all that a disk ever holds of it. */
export type Seal = (plain: Uint8Array) => Uint8Array;

/** A fact as it lies on disk: the secret is base64 of its sealed JSON, or null. */
export type StoredFact =
  | Exclude<Fact, { kind: "command" }>
  | (Omit<Extract<Fact, { kind: "command" }>, "secret"> & { readonly secret: string | null });

export type StoredEvent = {
  readonly at: UnixMs;
  readonly command: CommandId;
  readonly fact: StoredFact;
};

export const encodeEvent = (event: Event, seal: Seal): Uint8Array => encodeEvents([event], seal);

/** Records one after the other, as `splitRecords` takes them apart; each byte is copied once. */
export const encodeEvents = (events: readonly Event[], seal: Seal): Uint8Array =>
  concat(
    events.flatMap((event) => {
      const payload = payloadOf(event.fact, seal);
      return [headOf(event, payload.length), payload];
    }),
  );

function headOf({ at, command, fact }: Event, payloadLength: number): Uint8Array {
  const head = new Uint8Array(HEAD_BYTES);
  putU32(head, 0, HEAD_BYTES - LENGTH_BYTES + payloadLength);
  head[4] = KINDS[fact.kind];
  putU16(head, 5, Math.floor(at / 2 ** 32));
  putU32(head, 7, at % 2 ** 32);
  putU32(head, 11, command);
  return head;
}

function payloadOf(fact: Fact, seal: Seal): Uint8Array {
  if (fact.kind === "toClient" || fact.kind === "toUpstream") return fact.bytes;
  const { kind: _, ...rest } = fact;
  if (fact.kind !== "command" || fact.secret === null) return utf8(JSON.stringify(rest));
  const secret = base64(seal(utf8(JSON.stringify(fact.secret))));
  return utf8(JSON.stringify({ ...rest, secret }));
}

/** When it was written; the rest is not looked at. */
export const recordAt = (record: Uint8Array): UnixMs => u16(record, 5) * 2 ** 32 + u32(record, 7);

/** Without decoding the rest. Null: no kind that is known. */
export const kindOf = (record: Uint8Array): Fact["kind"] | null =>
  NAMES.get(record[LENGTH_BYTES] ?? 0) ?? null;

/** Null: not a record. `record` is exactly one, with its length. */
export function decodeRecord(record: Uint8Array): StoredEvent | null {
  const kind = kindOf(record);
  if (record.length < HEAD_BYTES || kind === null) return null;
  const at = recordAt(record);
  const command = u32(record, 11);
  const payload = record.subarray(HEAD_BYTES);
  if (kind === "toClient" || kind === "toUpstream") {
    return { at, command, fact: { kind, bytes: payload } };
  }
  const json = jsonObject(payload);
  return json === null ? null : { at, command, fact: { kind, ...json } as StoredFact };
}

/** The sealed part of a command, opened. Null: not what this program sealed. */
export async function decodeSecret(
  secret: string,
  open: (sealed: Uint8Array) => Uint8Array | Promise<Uint8Array>,
): Promise<CommandSecret | null> {
  const sealed = fromBase64(secret);
  return sealed === null ? null : (jsonObject(await open(sealed)) as CommandSecret | null);
}

/** Whole records, one after the other. Null: the last one is cut, or a length is impossible. */
export function splitRecords(bytes: Uint8Array): readonly Uint8Array[] | null {
  const records: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + HEAD_BYTES > bytes.length) return null;
    const end = at + LENGTH_BYTES + u32(bytes, at);
    if (end < at + HEAD_BYTES || end > bytes.length) return null;
    records.push(bytes.subarray(at, end));
    at = end;
  }
  return records;
}

function jsonObject(bytes: Uint8Array): object | null {
  try {
    const value: unknown = JSON.parse(strictText(bytes) ?? "");
    return typeof value === "object" && value !== null ? value : null;
  } catch {
    return null;
  }
}
