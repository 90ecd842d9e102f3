import type { CommandId, Settled } from "../../decision.ts";
import type { Action, Side } from "../../engine.ts";
import type { Crypto } from "../../crypto.ts";
import type { Fact } from "../../fact.ts";
import type { Masker } from "../../masker.ts";
import type { StreamSpec } from "../../session.ts";
import type { Catalog } from "../../catalog.ts";
import type { Grammar } from "../../sql/grammar.ts";
import type { Analysis, SessionEffect, Statement } from "../../sql/statement.ts";
import { Asked } from "../../sql/asked.ts";
import { Analyses } from "../../sql/cache.ts";
import { Names } from "../../sql/names.ts";
import type { Bound } from "./bound.ts";
import type { RowPlan } from "./cells.ts";
import type { CopyMasker } from "./copy.ts";
import type { CopyGuard } from "./copy-guard.ts";
import type { RowField } from "./messages.ts";
import { forget } from "./questions.ts";

export type EngineParts = {
  readonly spec: StreamSpec;
  readonly crypto: Crypto;
  readonly grammar: Grammar;
  readonly masker: Masker;
  readonly catalog: Catalog | null;
  /** The target's password; the engine forgets it after login. */
  readonly password: Uint8Array | null;
};

/**
 * A name of the session on its way. Answers come later than questions, so what a name means is
 * certain only once the server has confirmed it; until then only messages of the same batch (up to
 * the next Sync, where an error would skip them together) may build on it.
 */
type Named = { batch: number; confirmed: boolean };

/** Its row description; null: not here; []: it returns no rows. */
export type Described = {
  fields: readonly RowField[] | null;
  /** The batch in which it was last asked for: an error there would skip the question. */
  askedIn: number | null;
};

/** A statement of the extended protocol. */
export type Prepared = Named &
  Described & {
    readonly name: string;
    readonly sql: Uint8Array;
    readonly parameterTypes: readonly number[];
    /** The plan made last, and what it was made from. */
    plan: { readonly from: readonly unknown[]; readonly plan: RowPlan } | null;
  };

export type Portal = Named &
  Described & {
    readonly name: string;
    readonly prepared: Prepared;
    readonly parameters: readonly { type: number; format: number; value: Uint8Array | null }[];
    readonly resultFormats: readonly number[];
    bound: Bound;
  };

/** Closed, but the server has not said so yet. */
export type Tombstone = Named & { readonly closed: true };

/** One statement on its way through the server. */
export type Execution = {
  readonly command: CommandId;
  /** Null: could not be read, everything that it shows is opaque. */
  readonly statement: Statement | null;
  readonly portal: Portal | null;
  /** What the portal's statement means, should its rows go on in another Execute. */
  readonly bound: Bound | null;
  /** The row description of a simple query's result. */
  fields: readonly RowField[] | null;
  plan: RowPlan | null;
  /** The server has sent CopyInResponse for it. */
  copyInBegun: boolean;
  /** Set by CopyOutResponse; null: the server has announced no data. */
  copyOut: CopyMasker | "clear" | null;
};

/** What was sent upstream and how its answer is told apart. Answers come in this order. */
export type Question =
  | {
      readonly of: "parse";
      readonly entry: Prepared;
      previous: Prepared | Tombstone | null;
    }
  | { readonly of: "bind"; readonly entry: Portal; previous: Portal | Tombstone | null }
  | { readonly of: "describe"; readonly target: Described; readonly unseen: boolean }
  | { readonly of: "execute"; readonly execution: Execution }
  | {
      readonly of: "close";
      readonly kind: "statement" | "portal";
      readonly name: string;
      readonly entry: Tombstone;
      previous: Prepared | Portal | Tombstone | null;
    }
  /** Answered by ReadyForQuery alone. */
  | { readonly of: "sync" }
  | {
      readonly of: "simple";
      readonly executions: readonly Execution[];
      next: number;
      /**
       * The text could not be read: how many results come is not known, one execution stands for
       * all.
       */
      readonly open: boolean;
    }
  | { readonly of: "function"; readonly command: CommandId }
  /** A message that the server must refuse, in the place of one that we refused (see refuse.ts). */
  | { readonly of: "poison"; readonly command: CommandId; readonly refusal: Uint8Array };

/** A command whose bytes wait for a decision, and what to do with either answer. */
export type Held = {
  readonly command: CommandId;
  /** How much of the client's it keeps. */
  readonly bytes: number;
  readonly run: () => void;
  readonly refuse: (settled: Extract<Settled, { verdict: "refuse" }>) => void;
};

/**
 * Bytes and rows of a COPY FROM STDIN, hashed in blocks so that the client's cuts do not matter.
 */
export type CopyIn = {
  readonly command: CommandId;
  /** Reads what no mask may be written over; null: nothing of it is masked. */
  readonly guard: CopyGuard | null;
  /** We have failed it: nothing more of it goes upstream. */
  stopped: boolean;
  readonly push: (bytes: Uint8Array) => void;
  readonly fact: () => Fact;
};

/** Unknown names that one session remembers to have asked for. */
const LOOKED_UP_MAX = 1_000;

/** What both directions of one session share. */
export class State {
  readonly parts: EngineParts;
  readonly names: Names;
  readonly analyses: Analyses;
  readonly asked: Asked;
  masker: Masker;
  readonly statements = new Map<string, Prepared | Tombstone>();
  readonly portals = new Map<string, Portal | Tombstone>();
  questions: Question[] = [];
  /** The last question when we asked for answers by a Flush. */
  askedBehind: Question | undefined;
  /** Counts Syncs sent. */
  batch = 0;
  status: "I" | "T" | "E" = "I";
  /** Something has failed since the last ReadyForQuery. */
  failed = false;
  /** Names have changed in an implicit transaction that is not over. */
  unsettled = false;
  /** Something in the open transaction has written or locked. */
  holdsLocks = false;
  /** After an error or a refusal the server, and so we, ignore everything up to Sync. */
  discarding = false;
  held: Held | null = null;
  /** A catalog lookup that either direction waits for. */
  lookup: number | null = null;
  /** The lookup that the client's next request waits for, and what came of it. */
  named: { readonly request: number; readonly read: boolean | null } | null = null;
  #lookups = 0;
  #lookedUp = new Set<string>();
  #catalogVersion: string | null;
  #startPath: readonly string[] | null = null;
  copyIn: CopyIn | null = null;
  /** What the client hears for the server's error when we have failed its COPY FROM STDIN. */
  copyRefused: { readonly command: CommandId; readonly refusal: Uint8Array } | null = null;
  /** In the middle of a message to the client: what we author ourselves waits in `later`. */
  midMessage = false;
  later: Uint8Array[] = [];
  closed = false;
  #commands = 0;
  #actions: Action[] = [];

  constructor(parts: EngineParts) {
    this.parts = parts;
    this.masker = parts.masker;
    this.names = new Names(parts.catalog);
    this.#catalogVersion = parts.catalog?.version ?? null;
    this.analyses = new Analyses(parts.grammar);
    this.asked = new Asked(parts.crypto);
  }

  act(action: Action): void {
    this.#actions.push(action);
  }

  forward(to: Side, bytes: Uint8Array): void {
    this.#actions.push({ do: "forward", to, bytes });
  }

  record(command: CommandId, fact: Fact): void {
    this.#actions.push({ do: "record", command, fact });
  }

  /** Bytes of our own for the client, between two messages. */
  tell(bytes: Uint8Array): void {
    if (this.midMessage) this.later.push(bytes);
    else this.#actions.push({ do: "reply", to: "client", bytes });
  }

  close(code: string, reason: string): void {
    if (this.closed) return;
    this.closed = true;
    this.copyInOver();
    this.#actions.push({ do: "close", code, reason });
  }

  /** What was sent of a COPY FROM STDIN until now is accounted for. */
  copyInOver(): void {
    if (this.copyIn !== null) this.record(this.copyIn.command, this.copyIn.fact());
    this.copyIn = null;
  }

  takeActions(): readonly Action[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  nextCommand(): CommandId {
    this.#commands++;
    return this.#commands;
  }

  /** Asks for a fresh catalog, and gives the number of the lookup. */
  refresh(unknown: string): number {
    this.#lookups++;
    this.lookup = this.#lookups;
    this.act({ do: "lookup", request: this.#lookups, unknown });
    return this.#lookups;
  }

  /** Asks once for each unknown name, until the catalog is another; false: it was asked before. */
  refreshOnce(unknown: string): boolean {
    if (this.#lookedUp.has(unknown)) return false;
    if (this.#lookedUp.size >= LOOKED_UP_MAX) this.#lookedUp.clear();
    this.#lookedUp.add(unknown);
    this.refresh(unknown);
    return true;
  }

  /**
   * The startup packet's search_path stands for the login's: RESET and DISCARD ALL return to it.
   */
  startOn(path: readonly string[]): void {
    this.#startPath = path;
    if (this.parts.catalog !== null) this.#learn(this.parts.catalog);
  }

  #learn(catalog: Catalog): void {
    this.#catalogVersion = catalog.version;
    const searchPath = this.#startPath ?? catalog.searchPath;
    this.names.learn({ ...catalog, searchPath });
  }

  learned(request: number | null, catalog: Catalog | null): void {
    if (request !== null) {
      if (this.lookup !== request) return;
      this.lookup = null;
      if (this.named !== null && this.named.request <= request) {
        this.named = { request, read: catalog !== null };
      }
    } else if (catalog?.version === this.#catalogVersion) return;
    if (catalog === null) return;
    if (catalog.version !== this.#catalogVersion) this.#lookedUp.clear();
    this.#learn(catalog);
  }

  analyse(sql: Uint8Array): Analysis {
    return this.analyses.analyse(sql, this.names, this.masker);
  }

  /** What an execution did to the session's names, once the server says that it succeeded. */
  apply(effects: readonly SessionEffect[]): void {
    if (effects.length === 0) return;
    this.names.apply(effects);
    for (const effect of effects) {
      if (effect.do === "deallocate") forget(this, "statement", effect.name);
      if (effect.do === "closeCursor") forget(this, "portal", effect.name);
      // The server has let the name be taken: what had it is gone, with a savepoint or otherwise.
      if (effect.do === "prepare") forget(this, "statement", effect.name);
      if (effect.do === "declare") forget(this, "portal", effect.name);
      if (effect.do === "discardAll") {
        forget(this, "statement", null);
        forget(this, "portal", null);
      }
    }
  }
}
