import { hex } from "../core/bytes.ts";
import type { UnixMs } from "../core/decision.ts";
import { chunkBytesMax, shippingGraceSeconds } from "../core/limits.ts";
import type { Header } from "../core/recording/chain.ts";
import {
  chunkKey,
  encodeChunk,
  headBytes,
  signHead,
  type Head,
  type SignedHead,
} from "../core/recording/chunk.ts";
import { countsOf } from "../core/recording/counts.ts";
import { type Findable, findableIn } from "../core/recording/findable.ts";
import { gzipOf } from "../core/recording/gzip.ts";
import { splitRecords } from "../core/recording/record.ts";
import { addCounts } from "../store/counts.ts";
import { type Database, database } from "../store/db.ts";
import { namedKeys, signingPair, type SigningPair } from "../store/keys.ts";
import { putChunk } from "../store/recordings.ts";
import { indexing } from "../store/search.ts";
import { CATALOG_PRINCIPAL, type ObjectsEnv } from "./env.ts";
import { logFault } from "./fault.ts";
import type { Journal, Stretch } from "./journal.ts";

/**
 * Carries the journal to the store: R2 (idempotent key), then the head and what the session can be
 * found by to D1, then the rows are deleted.
 */
export class Shipping {
  readonly #env: ObjectsEnv;
  readonly #header: Header;
  readonly #journal: Journal;
  #pair: Promise<SigningPair> | null = null;
  #running: Promise<boolean> | null = null;
  #failingSince: UnixMs | null = null;
  /** The last record that the client acknowledged. */
  delivered = 0;

  /** `header` is the recording's, to the byte. */
  constructor(env: ObjectsEnv, header: string, journal: Journal) {
    this.#env = env;
    this.#header = JSON.parse(header) as Header;
    this.#journal = journal;
  }

  /** A chunk is full. A store that has failed is tried again by the alarm, not by every turn. */
  get due(): boolean {
    const quiet = this.#running === null && this.#failingSince === null;
    return quiet && this.#journal.bytes >= chunkBytesMax;
  }

  /** The store has been away for too long for the session to go on. */
  overdue(now: UnixMs): boolean {
    return this.#failingSince !== null && now - this.#failingSince > shippingGraceSeconds * 1000;
  }

  /**
   * Ships full chunks, or all that waits. False: the store could not take it; nothing is lost, try
   * again later.
   */
  ship(what: "full" | "all"): Promise<boolean> {
    const under = this.#running;
    if (under !== null) return what === "full" ? under : under.then(() => this.ship(what));
    const bytesMin = what === "full" ? chunkBytesMax : 1;
    this.#running = this.#shipWhile(() => this.#journal.bytes >= bytesMin).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #shipWhile(more: () => boolean): Promise<boolean> {
    try {
      while (more()) {
        const next = this.#journal.oldest();
        if (next === null) break;
        await this.#shipOne(next);
      }
      this.#failingSince = null;
      return true;
    } catch {
      this.#failingSince ??= Date.now();
      return false;
    }
  }

  /** What the gateway does for itself is nobody's doing. */
  #counts(db: Database, { first, runs }: Stretch) {
    const { session, resource, principal } = this.#header;
    if (principal === CATALOG_PRINCIPAL.id) return null;
    const counts = runs.flatMap((run) => countsOf(run.first, run.records));
    return counts.length === 0 ? null : addCounts(db, { session, first, resource }, counts);
  }

  async #shipOne(stretch: Stretch): Promise<void> {
    const { first, last } = stretch;
    const { session } = this.#header;
    const at = Date.now();
    const delivered = Math.min(this.delivered, last);
    const head: Head = { session, first, last, h: hex(stretch.h), at, delivered };
    const pair = await (this.#pair ??= recordingPair(this.#env));
    const signed = await crypto.subtle.sign("Ed25519", pair.privateKey, headBytes(head));
    const signature = signHead(head, pair.id, new Uint8Array(signed));
    const chunk = encodeChunk({ head: signature, body: gzipOf(stretch.parts) });
    await this.#env.RECORDINGS.put(chunkKey(session, first), chunk);
    const before = this.#journal.findable();
    const telling = stretch.runs.flatMap(({ records }) => splitRecords(records) ?? []);
    const findable = findableIn(before, telling);
    const news = findable === before ? null : findable;
    await this.#enter(stretch, signature, news);
    this.#journal.shipped(stretch, news);
  }

  /**
   * The head, with what is counted and found by it, at once. An index that takes nothing must not
   * keep the recording from its store.
   */
  async #enter(stretch: Stretch, head: SignedHead, news: Findable | null): Promise<void> {
    const db = database(this.#env);
    const counts = this.#counts(db, stretch);
    const put = putChunk(db, head);
    const entries = counts === null ? ([put] as const) : ([counts, put] as const);
    if (news === null) return void (await db.batch(entries));
    try {
      await db.batch([...entries, ...indexing(db, head.session, news)]);
    } catch (error) {
      await db.batch(entries);
      logFault("index", head.session, error);
    }
  }
}

function recordingPair(env: ObjectsEnv): Promise<SigningPair> {
  const [current] = namedKeys("SIGNING_KEYS", env.SIGNING_KEYS);
  return signingPair(current, "recording");
}
