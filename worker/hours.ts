import { base64, hex } from "../core/bytes.ts";
import { type Hour, hourBytes } from "../core/recording/hours.ts";
import { database } from "../store/db.ts";
import { addHours, chunksSigned, type HourRow, lastHour } from "../store/hours.ts";
import { type SigningPair, signingPair } from "../store/keys.ts";
import { settingsOf } from "./env.ts";

/** A chunk is signed, put into the store, then into D1: what is younger may still be coming. */
const settledMs = 5 * 60_000;
/** An entry stays well under what one row of D1 may hold. */
const chunksMax = 5_000;

/** Chains what was signed since the last time. Called by the hourly schedule. */
export async function chainHour(env: Env, now: number): Promise<void> {
  const db = database(env);
  const before = await lastHour(db);
  const from = before?.until ?? 0;
  const until = now - settledMs;
  const [seed] = settingsOf(env).signingKeys;
  if (until <= from) return;
  const pair = await signingPair(seed, "recording");
  const chunks = await chunksSigned(db, from, until);
  const rows: HourRow[] = [];
  for (let at = 0; at === 0 || at < chunks.length; at += chunksMax) {
    const last = rows.at(-1) ?? before;
    const number = (last?.number ?? 0) + 1;
    const listed = chunks.slice(at, at + chunksMax);
    rows.push(await sign({ number, previous: last?.h ?? null, from, until, chunks: listed }, pair));
  }
  await addHours(db, rows);
}

async function sign(hour: Hour, pair: SigningPair): Promise<HourRow> {
  const body = JSON.stringify(hour);
  const message = hourBytes(body) as BufferSource;
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, message));
  const h = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", message)));
  const { number, until } = hour;
  return { number, body, h, until, key: pair.id, signature: base64(signature) };
}
