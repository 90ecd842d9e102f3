import { EMPTY, utf8 } from "../bytes.ts";
import type { Command } from "../command.ts";
import type { Crypto } from "../crypto.ts";
import type { Decision, UnixMs } from "../decision.ts";
import type { Headers, Outgoing, RequestHead } from "../exchange.ts";
import { textMatches } from "../masking/regex.ts";
import { bodyText, type RequestGiven, typeIn } from "../policy/request-case.ts";
import { strangeBody } from "../protocols/http/body.ts";
import { HttpEngine } from "../protocols/http/engine.ts";
import { readPrefer } from "../protocols/http/prefer.ts";
import type { HttpResource } from "../session.ts";
import { policyOn, type Stage } from "./stage.ts";

/** What the engine is given of one request. Plain data. */
export type SentRequest = { readonly head: RequestHead; readonly body: Uint8Array };

export type RehearsedRequest =
  /** It is answered before any rule. `refuse` says why. */
  | { readonly refuse: string }
  | {
      readonly command: Command;
      readonly decision: Decision;
      readonly outgoing: Outgoing;
      /** Rules and detectors that mask something of it. */
      readonly masked: readonly string[];
    };

/** As the Worker hands it on: names in lower case, without the preferences that are its own. */
export function sentOf({ method, path, headers, body }: RequestGiven): SentRequest {
  const isJson = body !== undefined && typeIn(headers) === undefined;
  const type: Headers = isJson ? [["content-type", "application/json"]] : [];
  const all = [...Object.entries(headers), ...type].flatMap(([given, value]): Headers => {
    const name = given.toLowerCase();
    const kept = name === "prefer" ? readPrefer(value).rest : value.trim();
    return kept === null ? [] : [[name, kept]];
  });
  return {
    head: { method, target: path, headers: all },
    body: body === undefined ? EMPTY : utf8(bodyText(body)),
  };
}

/**
 * What the gateway would do with each request, by the engine that reads real ones and the policy
 * that decides them. No service is asked.
 */
export function requestRehearsal(
  stage: Omit<Stage, "catalog" | "resource">,
  resource: HttpResource,
  crypto: Crypto,
): (sent: SentRequest, now: UnixMs) => RehearsedRequest {
  const policy = policyOn(stage, resource, crypto);
  const engine = new HttpEngine(resource, policy.masker, textMatches);
  return ({ head, body }, now) => {
    const strange = strangeBody(head.method, body.length);
    if (strange !== null) return { refuse: strange };
    const described = engine.describe(1, head, body);
    if ("refuse" in described) return { refuse: described.refuse.message };
    const { command, outgoing, masked } = described;
    return { command, decision: policy.decide(command, now), outgoing, masked };
  };
}
