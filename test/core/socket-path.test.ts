import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { utf8 } from "../../core/bytes.ts";
import type { Command, Decision, Policy } from "../../core/decision.ts";
import type { ExchangeEngine, Message, SocketEngine } from "../../core/exchange.ts";
import { ExchangePath } from "../../core/exchange-path.ts";
import {
  heldBytesMax,
  socketMessageBytesMax,
  socketSentBytesMax,
  socketsUnreadBytesMax,
  socketUnreadBytesMax,
  socketWaitingMax,
} from "../../core/limits.ts";
import {
  type Side,
  type SocketEffect,
  SocketExchange,
  type SocketInput,
} from "../../core/socket-path.ts";
import { sampleCommand, samplePolicy, sampleSpec, seededCrypto } from "../support/values.ts";

/** Messages that begin so are blocked, held, refused unread; of the service, masked, refused. */
const decide = ({ text }: Command): Decision => {
  if (text.startsWith("block")) return { verdict: "block", rules: ["no"], message: "Not here." };
  return text.startsWith("hold") ? HELD : { verdict: "allow", rules: ["all"] };
};
const HELD: Decision = {
  verdict: "review",
  rules: ["careful"],
  message: "held",
  reviewers: ["leads"],
  approvals: 1,
  expiresInSeconds: 900,
  signIn: null,
};
const RUN = { verdict: "run", review: "rev_1", by: ["rui"] } as const;
const REJECTED = {
  verdict: "refuse",
  code: "rejected",
  review: "rev_1",
  message: "rui rejected it.",
} as const;

const refuse = (message: string) =>
  ({ refuse: { code: "unreadable", message, review: null } }) as const;

const engine: SocketEngine = {
  head: { status: 101, headers: [] },
  describe: (id, message) => {
    const text = String(message);
    return text.startsWith("twice")
      ? refuse("a name twice")
      : { command: sampleCommand({ id, text }), message, masked: [] };
  },
  shown: (message) => {
    if (message === "unreadable") return refuse("It cannot be read.");
    const shown = typeof message === "string" ? message.replaceAll("secret", "***") : message;
    const masked = shown === message ? [] : [{ rule: "pii", cells: 1 }];
    return { message: shown, masked, findings: [] };
  },
};

/** A path with one exchange, the first command: the socket was opened by it. */
function opened(policy: Policy = samplePolicy(decide)) {
  const path = new ExchangePath({
    spec: sampleSpec(),
    engine: {} as ExchangeEngine,
    policy,
    crypto: seededCrypto(),
  });
  const socket = () => new SocketExchange(path, path.begin().id, engine);
  return { path, socket };
}

const from = (side: Side, message: Message): SocketInput => ({
  on: "message",
  from: side,
  message,
});
const settled = (decision: typeof RUN | typeof REJECTED): SocketInput => ({
  on: "settled",
  decision,
});
const closed = (side: Side, code: number, reason = ""): SocketInput => ({
  on: "closed",
  from: side,
  code,
  reason,
});

const words = (effects: readonly SocketEffect[]): string[] =>
  effects.map((effect) => {
    switch (effect.do) {
      case "append":
        return `append ${effect.events.map((one) => `${one.command}:${one.fact.kind}`).join(" ")}`;
      case "deliver":
        return `to ${effect.to}: ${String(effect.message)}`;
      case "close":
        return `close ${effect.to} ${effect.code} ${effect.reason}`.trimEnd();
      default:
        return effect.do;
    }
  });

/** What all of the inputs led to. */
const all = (socket: SocketExchange, ...inputs: readonly SocketInput[]): string[] =>
  inputs.flatMap((input) => words(socket.step(input, 1_000)));

const CLOSED = (code: number, reason: string) => [
  `close client ${code} ${reason}`,
  "close service 1001",
  "finish",
];

describe("messages of the client", () => {
  it("are commands of their own, recorded before they are delivered", () => {
    const socket = opened().socket();
    expect(all(socket, from("client", "a"), from("client", "b"))).toEqual([
      "append 2:command 2:decision 2:completed",
      "to service: a",
      "append 3:command 3:decision 3:completed",
      "to service: b",
    ]);
  });

  it("are recorded exact, and under a digest of the very message", () => {
    const { path, socket } = opened();
    const [effect] = socket().step(from("client", "exact"), 1_000);
    const events = effect?.do === "append" ? effect.events : [];
    expect(events[0]?.fact).toMatchObject({ opening: 1, secret: { text: "exact" } });
    expect(path.count).toMatchObject({ commands: 2, upstream: 5, client: 0 });
  });

  it("end the socket where one is blocked, or cannot be read", () => {
    expect(all(opened().socket(), from("client", "block"), from("client", "a"))).toEqual([
      "append 2:command 2:decision 1:note 1:completed",
      ...CLOSED(1008, "Not here."),
    ]);
    expect(all(opened().socket(), from("client", "twice"))).toEqual([
      "append 2:note 1:note 1:completed",
      ...CLOSED(1008, "a name twice"),
    ]);
  });

  it("are held in their order; those behind one are decided when their turn comes", () => {
    const socket = opened().socket();
    const held = all(socket, from("client", "hold"), from("client", "a"), from("client", "hold 2"));
    expect(held).toEqual(["append 2:command 2:decision", "ask"]);
    expect(all(socket, from("service", "meanwhile"))).toContain("to client: meanwhile");
    expect(all(socket, settled(RUN), from("client", "b"))).toEqual([
      "append 2:settled 2:completed 3:command 3:decision 3:completed 4:command 4:decision",
      "to service: hold",
      "to service: a",
      "ask",
    ]);
    expect(all(socket, settled(RUN)).slice(1)).toEqual(["to service: hold 2", "to service: b"]);
  });

  it("end the socket where one is rejected; nothing behind it is delivered", () => {
    const socket = opened().socket();
    all(socket, from("client", "hold"), from("client", "a"));
    expect(all(socket, settled(REJECTED), settled(RUN), from("client", "b"))).toEqual([
      "append 2:settled 1:note 1:completed",
      ...CLOSED(1008, "rui rejected it."),
    ]);
  });

  test.for([
    ["bytes", "x".repeat(heldBytesMax / 2), 2],
    ["messages", "x", socketWaitingMax],
  ] as const)("wait behind a held one up to a bound of %s", ([, message, count]) => {
    const socket = opened().socket();
    all(socket, from("client", "hold"));
    for (let n = 0; n < count; n++) expect(all(socket, from("client", message))).toEqual([]);
    expect(all(socket, from("client", "x")).slice(0, 2)).toEqual([
      "append 2:settled 1:note 1:completed",
      "withdraw",
    ]);
  });

  it("are withdrawn when the client leaves, or the service closes", () => {
    for (const side of ["client", "service"] as const) {
      const socket = opened().socket();
      all(socket, from("client", "hold"), from("client", "a"));
      const left = all(socket, closed(side, 1000), settled(RUN));
      expect(left).toContain("withdraw");
      expect(left.filter((one) => one.startsWith("to "))).toEqual([]);
    }
  });
});

describe("messages of the service", () => {
  it("are masked, recorded as they are shown, and then sent", () => {
    const socket = opened().socket();
    const [append, deliver] = socket.step(from("service", "a secret"), 1_000);
    expect(append).toEqual({
      do: "append",
      events: [{ at: 1_000, command: 1, fact: { kind: "toClient", bytes: utf8("a ***") } }],
    });
    expect(deliver).toEqual({ do: "deliver", to: "client", message: "a ***" });
    const end = socket.step(closed("client", 1000), 1_000)[0];
    const facts = end?.do === "append" ? end.events.map(({ fact }) => fact) : [];
    expect(facts).toContainEqual({
      kind: "completed",
      tag: "closed with 1000",
      rows: 0,
      masked: [{ rule: "pii", cells: 1 }],
      findings: [],
    });
  });

  it("leave no bytes in the record where the level keeps none", () => {
    const { socket } = opened(samplePolicy(decide, { recording: "statements" }));
    expect(all(socket(), from("service", "a"))).toEqual(["to client: a"]);
  });

  it("end the socket where they cannot be read", () => {
    expect(all(opened().socket(), from("service", "unreadable"), from("service", "a"))).toEqual([
      "append 1:failed 1:note 1:completed",
      ...CLOSED(1008, "It cannot be read."),
    ]);
  });
});

describe("closes", () => {
  test.for<[Side, number, string, string, string]>([
    ["client", 4001, "bye", "close client null", "close service 4001 bye"],
    ["client", 1005, "", "close client null", "close service null"],
    ["client", 1006, "", "close client null", "close service 1001"],
    ["service", 1000, "that was all", "close client 1000 that was all", "close service null"],
    ["service", 1005, "", "close client null", "close service null"],
    ["service", 1006, "", "close client 1011 The service broke off.", "close service null"],
    ["service", 1015, "", "close client 1011 The service broke off.", "close service null"],
    ["service", 4999, "a secret", "close client 4999 a ***", "close service null"],
    ["service", 4999, "unreadable", "close client 4999", "close service null"],
  ])("of the %s with %i %s go on", ([side, code, reason, client, service]) => {
    const [append, ...rest] = all(opened().socket(), closed(side, code, reason));
    expect(append).toMatch(/^append 1:note /);
    expect(rest).toEqual([client, service, "finish"]);
  });

  it("have no room for a long reason", () => {
    const policy = samplePolicy(() => ({ verdict: "block", rules: [], message: "ä".repeat(100) }));
    const effects = opened(policy).socket().step(from("client", "a"), 1_000);
    expect(effects).toContainEqual({
      do: "close",
      to: "client",
      code: 1008,
      reason: "ä".repeat(61),
    });
  });

  it("come once, whatever follows", () => {
    const socket = opened().socket();
    all(socket, closed("client", 1000));
    expect(all(socket, closed("service", 1000), from("service", "a"), { on: "behind" })).toEqual(
      [],
    );
    expect(socket.revoked("over", 1_000)).toEqual([]);
    expect(socket.adopted(1_000)).toEqual([]);
  });

  it("come of a long silence", () => {
    expect(all(opened().socket(), { on: "idle" }).slice(1)).toEqual(
      CLOSED(1001, "Nothing was said for 15 minutes."),
    );
  });

  it("come of a revocation, with its reason", () => {
    const socket = opened().socket();
    all(socket, from("client", "hold"));
    expect(words(socket.revoked("Your access has ended.", 1_000)).slice(1)).toEqual([
      "withdraw",
      ...CLOSED(1008, "Your access has ended."),
    ]);
  });
});

describe("another policy", () => {
  const adopt = (verdict: (command: Command) => Decision) => {
    const { path, socket } = opened();
    const one = socket();
    all(one, from("client", "hold"), from("client", "a"));
    path.engine.adopt = () => {};
    path.adopt(samplePolicy(verdict, { version: "pol_2" }), 1_000);
    return words(one.adopted(1_000));
  };

  it("decides a held message again", () => {
    expect(adopt(decide)).toEqual(["append 2:command 2:decision", "withdraw", "ask"]);
    expect(adopt(() => ({ verdict: "allow", rules: [] })).slice(1)).toEqual([
      "withdraw",
      "to service: hold",
      "to service: a",
    ]);
    expect(adopt(() => ({ verdict: "block", rules: [], message: "No." })).slice(1)).toEqual([
      "withdraw",
      ...CLOSED(1008, "No."),
    ]);
  });
});

describe("bounds", () => {
  const MESSAGE = "x".repeat(socketMessageBytesMax);
  const times = (bytes: number) => bytes / socketMessageBytesMax;

  test.for(["client", "service"] as const)("a message of the %s", (side) => {
    expect(all(opened().socket(), from(side, MESSAGE)).join()).not.toContain("close");
    expect(all(opened().socket(), from(side, `${MESSAGE}x`)).at(1)).toMatch(/^close client 1009 /);
  });

  test.for(["client", "service"] as const)("what was sent since the %s spoke", (to) => {
    const by = to === "client" ? "service" : "client";
    const socket = opened().socket();
    const fill = () => {
      for (let n = 0; n < times(socketUnreadBytesMax); n++) {
        expect(all(socket, from(by, MESSAGE)).at(-1)).toMatch(/^to /);
      }
    };
    fill();
    all(socket, from(to, "I have read it"));
    fill();
    expect(all(socket, from(by, "x")).join()).toContain("close client 1013");
  });

  test.for(["client", "service"] as const)("what was sent to the %s in all", (to) => {
    const by = to === "client" ? "service" : "client";
    const socket = opened().socket();
    for (let n = 0; n < times(socketSentBytesMax); n++) {
      expect(all(socket, from(to, ""), from(by, MESSAGE)).at(-1)).toMatch(/^to /);
    }
    expect(all(socket, from(to, ""), from(by, "x")).join()).toContain("close client 1013");
  });

  it("the same of all sockets of a session, until their ends are gone", () => {
    const { socket } = opened();
    const filled = Array.from({ length: socketsUnreadBytesMax / socketUnreadBytesMax }, () => {
      const one = socket();
      for (let n = 0; n < times(socketUnreadBytesMax); n++) all(one, from("service", MESSAGE));
      return one;
    });
    expect(all(socket(), from("service", "x")).join()).toContain("close client 1013");
    all(filled[0]!, { on: "behind" });
    expect(all(socket(), from("service", "x")).join()).toContain("close client 1013");
    all(filled[0]!, closed("client", 1006));
    expect(all(socket(), from("service", "x"))).toContain("to client: x");
  });

  it("records that wait to be shipped", () => {
    expect(all(opened().socket(), { on: "behind" }).at(1)).toMatch(/^close client 1013 /);
  });
});

test("any order of events: recorded first, in order, and nothing after the end", () => {
  const message = fc.constantFrom("a", "b", "hold", "block", "twice", "unreadable", "secret");
  const side = fc.constantFrom<Side>("client", "service");
  const input: fc.Arbitrary<SocketInput | "adopt" | "revoke"> = fc.oneof(
    { weight: 8, arbitrary: fc.tuple(side, message).map(([by, one]) => from(by, one)) },
    { weight: 3, arbitrary: fc.constantFrom(settled(RUN), settled(REJECTED)) },
    fc.tuple(side, fc.constantFrom(1000, 1005, 1006, 4000)).map(([by, code]) => closed(by, code)),
    fc.constantFrom("adopt" as const, "revoke" as const, { on: "behind" } as const),
  );
  fc.assert(
    fc.property(fc.array(input, { maxLength: 30 }), (inputs) => {
      const socket = opened().socket();
      const asked: string[] = [];
      const delivered: string[] = [];
      let [recorded, holds, isOver] = [0, false, false];
      for (const one of inputs) {
        if (typeof one !== "string" && one.on === "message" && one.from === "client") {
          asked.push(String(one.message));
        }
        const effects =
          one === "adopt"
            ? socket.adopted(1)
            : one === "revoke"
              ? socket.revoked("over", 1)
              : socket.step(one, 1);
        if (isOver) expect(effects).toEqual([]);
        effects.forEach((effect, at) => {
          if (effect.do === "append") {
            expect(at).toBe(0);
            recorded += effect.events.filter(({ fact }) => fact.kind === "command").length;
          } else if (effect.do === "ask") holds = true;
          else if (effect.do === "withdraw") holds = false;
          else if (effect.do === "deliver" && effect.to === "service") {
            delivered.push(String(effect.message));
          } else if (effect.do === "deliver")
            expect(String(effect.message)).not.toContain("secret");
          else if (effect.do === "finish") isOver = true;
        });
        if (typeof one !== "string" && one.on === "settled") holds &&= effects.at(-1)?.do === "ask";
      }
      expect(delivered).toEqual(asked.slice(0, delivered.length));
      expect(recorded).toBeGreaterThanOrEqual(delivered.length);
      if (isOver) expect(holds).toBe(false);
    }),
  );
});
