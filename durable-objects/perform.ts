import type { DataPathInput, Effect } from "../core/data-path.ts";
import { cancelsMax } from "../core/limits.ts";
import type { LiveSession } from "./live.ts";
import { dial } from "./upstream/dial.ts";

/** How long a cancel's own connection is kept for the server to read it and hang up. */
const cancelMs = 5_000;

/**
 * Does one effect, now: the record is inserted before the send that it accounts for is called, and
 * the output gate holds the bytes until the insert is durable. What answers an effect at once is
 * returned as an input.
 */
export function perform(effect: Effect, session: LiveSession): DataPathInput | null {
  switch (effect.do) {
    case "append":
      session.record(effect.events);
      return null;
    case "send":
      if (effect.to === "client") session.tunnel.send(effect.bytes, session.journal.last);
      else session.write(effect.bytes);
      return null;
    case "ask":
      void session.held.ask(effect);
      return null;
    case "withdraw":
      session.held.withdraw();
      return null;
    case "lookup":
      session.lookUp(effect.request);
      return null;
    case "secure":
      session.upstream?.secure(effect.serverName);
      return { on: "secured" };
    case "cancel":
      void cancel(effect.bytes, session);
      return null;
    case "close":
      session.close(effect.code, effect.reason);
      return null;
  }
}

/**
 * PostgreSQL manual, "Canceling Requests in Progress": a connection of its own, and no answer.
 * Beyond `cancelsMax` at once another one would say nothing new.
 */
async function cancel(bytes: Uint8Array, session: LiveSession): Promise<void> {
  if (session.cancels >= cancelsMax) return;
  session.cancels++;
  try {
    const upstream = await dial(session.spec.resource);
    const timer = setTimeout(() => upstream.close(), cancelMs);
    await upstream.write(bytes);
    await upstream.read();
    clearTimeout(timer);
    upstream.close();
  } catch {
    // Cancelling is a wish; the statement's own answer says what became of it.
  } finally {
    session.cancels--;
  }
}
