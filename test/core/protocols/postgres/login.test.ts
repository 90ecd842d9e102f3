import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, EMPTY, hex, putU32, u32Bytes, utf8 } from "../../../../core/bytes.ts";
import { loginMessagesMax } from "../../../../core/limits.ts";
import {
  logIn,
  WHO_ARE_YOU,
  type LoginOptions,
  type LoginResult,
} from "../../../../core/protocols/postgres/login.ts";
import {
  authenticationCleartext,
  authenticationOk,
  backendKeyData,
  commandComplete,
  errorResponse,
  message,
  negotiateProtocolVersion,
  notice,
  parameterStatus,
  passwordMessage,
  query,
  readyForQuery,
  sslRequest,
  startupMessage,
} from "../../../../core/protocols/postgres/messages.ts";
import { saslContinue, saslFinal, saslOffer, ScramServer } from "../../../support/scram-server.ts";
import { sampleSpec, seededCrypto } from "../../../support/values.ts";

/** What the server says next: given, or made from the last thing that it was sent. */
type Reply = Uint8Array | ((sent: Uint8Array) => Uint8Array);

type Outcome = {
  readonly result: LoginResult | "waits";
  readonly sent: readonly Uint8Array[];
  readonly secured: readonly string[];
};

/** Runs a login against a script of whole messages (or single bytes, before TLS). */
function talk(script: readonly Reply[], over: Partial<LoginOptions> = {}): Outcome {
  const sent: Uint8Array[] = [];
  const secured: string[] = [];
  const replies = [...script];
  const login = logIn({
    resource: sampleSpec().resource,
    password: utf8("s3cret"),
    parameters: PARAMETERS,
    crypto: seededCrypto(),
    protocolMinor: 2,
    ...over,
  });
  let given: Uint8Array = EMPTY;
  for (;;) {
    const next = login.next(given);
    if (next.done === true) return { result: next.value, sent, secured };
    given = EMPTY;
    if ("send" in next.value) sent.push(next.value.send);
    else if ("secure" in next.value) secured.push(next.value.secure);
    else {
      const reply = replies.shift();
      if (reply === undefined) return { result: "waits", sent, secured };
      given = typeof reply === "function" ? reply(sent.at(-1) as Uint8Array) : reply;
    }
  }
}

const PARAMETERS = [
  ["user", "sluice"],
  ["database", "shop"],
] as const;
const STARTUP = startupMessage(0x30002, PARAMETERS);
const KEY = backendKeyData(77, new Uint8Array(32).fill(9));
const STATUSES = [
  parameterStatus("standard_conforming_strings", "on"),
  parameterStatus("client_encoding", "UTF8"),
];
/** The server says which process it is. */
const backend = (pid: number): readonly Uint8Array[] => [
  message("T", Uint8Array.of(0, 0)),
  message("D", Uint8Array.of(0, 1), u32Bytes(String(pid).length), utf8(String(pid))),
  commandComplete("SELECT 1"),
  readyForQuery("I"),
];
const SETTLED = [...STATUSES, KEY, readyForQuery("I")];
const READY = [...SETTLED, ...backend(77)];
const MD5_CHALLENGE = message("R", u32Bytes(5), Uint8Array.of(1, 2, 3, 4));
const unknownRequest = message("R", u32Bytes(99));

const scram = new ScramServer("s3cret", seededCrypto());
const SCRAM: readonly Reply[] = [
  saslOffer("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"),
  (sent) => scram.challenge(sent),
  (sent) => scram.verdict(sent),
];

const refusal = (outcome: Outcome): string => {
  const { result } = outcome;
  if (result === "waits" || result.ok) return "in";
  return `${result.sqlstate} ${result.message}`;
};

describe("a login", () => {
  it.each<[string, readonly Reply[], number]>([
    ["without a password, where the server trusts", [authenticationOk()], 1],
    ["by SCRAM-SHA-256", [...SCRAM, authenticationOk()], 3],
    ["by a password in cleartext", [authenticationCleartext(), authenticationOk()], 2],
    ["by MD5", [MD5_CHALLENGE, authenticationOk()], 2],
  ])("ends signed in %s", (_, script, messages) => {
    const { result, sent } = talk([...script, ...READY]);
    expect(result).toEqual({
      ok: true,
      parameters: [
        ["standard_conforming_strings", "on"],
        ["client_encoding", "UTF8"],
      ],
      pid: 77,
      key: new Uint8Array(32).fill(9),
      status: "I",
      protocolMinor: 2,
    });
    expect(sent).toHaveLength(messages + 1);
    expect(sent[0]).toEqual(STARTUP);
  });

  it("sends the password itself only when it is asked for in cleartext", () => {
    expect(talk([authenticationCleartext()]).sent[1]).toEqual(passwordMessage(utf8("s3cret")));
    for (const script of [SCRAM, [MD5_CHALLENGE]]) {
      const everything = hex(concat(talk([...script, authenticationOk()]).sent));
      expect(everything).not.toContain(hex(utf8("s3cret")));
    }
  });

  it("passes over notices", () => {
    const said = notice({ code: "00000", message: "welcome" });
    expect(talk([said, authenticationOk(), said, ...READY]).result).toMatchObject({ ok: true });
  });

  it.each([
    ["as servers write it", negotiateProtocolVersion(0, [])],
    ["as the manual describes it", message("v", u32Bytes(0), u32Bytes(0))],
  ])("goes on in 3.0 when an older server says so, %s", (_, answer) => {
    const old = backendKeyData(77, Uint8Array.of(1, 2, 3, 4));
    const { result } = talk([
      answer,
      authenticationOk(),
      ...STATUSES,
      old,
      readyForQuery("I"),
      ...backend(77),
    ]);
    expect(result).toMatchObject({ ok: true, protocolMinor: 0, key: Uint8Array.of(1, 2, 3, 4) });
  });
});

describe("a server that leaves the order of a login", () => {
  const ok = authenticationOk();
  const shortKey = backendKeyData(77, Uint8Array.of(1, 2, 3));
  it.each<[string, readonly Reply[]]>([
    ["is ready before it has authenticated", [readyForQuery("I")]],
    ["reports parameters before it has authenticated", [STATUSES[0] as Uint8Array]],
    ["sends rows", [ok, message("D", utf8("\0\0"))]],
    ["authenticates twice", [ok, ok]],
    ["asks for a second password", [authenticationCleartext(), authenticationCleartext()]],
    ["is ready without a key", [ok, ...STATUSES, readyForQuery("I")]],
    ["sends two keys", [ok, KEY, KEY]],
    ["sends a key that is too short", [ok, shortKey]],
    ["sends a key that is too long", [ok, backendKeyData(1, new Uint8Array(257))]],
    ["is ready inside a transaction", [ok, ...STATUSES, KEY, readyForQuery("T")]],
    ["sends a parameter without a value", [ok, message("S", utf8("name\0"))]],
    ["sends an empty Authentication", [message("R")]],
    ["sends an MD5 salt of three bytes", [message("R", u32Bytes(5), Uint8Array.of(1, 2, 3))]],
    ["lies about a length", [Uint8Array.of(0x52, 0, 0, 0, 9, 0, 0, 0, 0)]],
    ["sends less than a header", [utf8("R")]],
    ["sends one enormous message", [message("N", new Uint8Array(70_000))]],
    ["negotiates twice", [negotiateProtocolVersion(0, []), negotiateProtocolVersion(0, [])]],
    ["negotiates upwards", [negotiateProtocolVersion(3, [])]],
    ["does not know options that nobody sent", [negotiateProtocolVersion(0, ["_pq_.x"])]],
    ["negotiates behind the login", [ok, negotiateProtocolVersion(0, [])]],
    ["sends a malformed list of mechanisms", [message("R", u32Bytes(10), utf8("SCRAM-SHA-256"))]],
  ])("%s: given up with 08P01", (_, script) => {
    expect(refusal(talk(script))).toMatch(/^08P01 127\.0\.0\.1 .+; the login was given up\.$/);
  });

  it("may not negotiate at all when 3.0 was asked for", () => {
    const outcome = talk([negotiateProtocolVersion(0, [])], { protocolMinor: 0 });
    expect(refusal(outcome)).toMatch(/^08P01 /);
  });

  it("and never stops talking: given up after a bound", () => {
    const flood = Array.from({ length: 10_000 }, () => notice({ code: "00000", message: "la" }));
    expect(refusal(talk(flood))).toContain(`more than ${loginMessagesMax} messages`);
  });
});

describe("a server that does not know the password", () => {
  it.each<[string, Reply]>([
    ["skips its proof", authenticationOk()],
    ["forges its proof", saslFinal(`v=${"A".repeat(43)}=`)],
    ["signs with nothing", saslFinal("v=")],
    ["sends an error in its proof's place", saslFinal("e=other-error")],
    ["begins again", saslOffer("SCRAM-SHA-256")],
  ])("%s: the login fails", (_, last) => {
    const outcome = talk([...SCRAM.slice(0, 2), last, authenticationOk(), ...READY]);
    expect(refusal(outcome)).toMatch(/^08P01 /);
  });

  it.each<[string, Reply]>([
    ["lets us in before its challenge", authenticationOk()],
    ["invents a nonce", saslContinue("r=mine,s=c2FsdA==,i=4096")],
    ["asks for a password in cleartext after all", authenticationCleartext()],
  ])("%s: the login fails before any proof is sent", (_, challenge) => {
    const outcome = talk([saslOffer("SCRAM-SHA-256"), challenge]);
    expect(refusal(outcome)).toMatch(/^08P01 /);
    expect(outcome.sent).toHaveLength(2);
  });
});

describe("who is behind the address", () => {
  it.each<[string, readonly Uint8Array[], RegExp]>([
    ["a pooler, which made the id up", backend(78), /^0A000 .+ is a pooler/],
    ["somebody who says nothing", [commandComplete("SELECT 0")], /^08P01 .+ which process/],
    ["rows without end", [...backend(77).slice(0, 2), ...backend(77)], /^08P01 .+ which process/],
  ])("%s", (_, answers, expected) => {
    expect(refusal(talk([authenticationOk(), ...SETTLED, ...answers]))).toMatch(expected);
  });
});

describe("TLS", () => {
  const verified: Partial<LoginOptions> = {
    resource: { ...sampleSpec().resource, host: "db.example", tls: "verify-full" },
  };

  it("is asked for first and begun under the host's name", () => {
    const { result, sent, secured } = talk([utf8("S"), authenticationOk(), ...READY], verified);
    expect(result).toMatchObject({ ok: true });
    expect(secured).toEqual(["db.example"]);
    expect(sent).toEqual([sslRequest(), STARTUP, query(WHO_ARE_YOU)]);
  });

  it.each([
    ["N", "08001 db.example does not offer TLS."],
    ["E", "08001 db.example refused the request for TLS."],
    ["H", "08P01 db.example does not speak PostgreSQL."],
    ["\0", "08P01 db.example does not speak PostgreSQL."],
    ["s", "08P01 db.example does not speak PostgreSQL."],
  ])("answered %j ends the login, and nothing more is sent", (answer, expected) => {
    const outcome = talk([utf8(answer), authenticationOk()], verified);
    expect(refusal(outcome)).toBe(expected);
    expect(outcome.secured).toEqual([]);
    expect(outcome.sent).toEqual([sslRequest()]);
  });
});

describe("what a login needs", () => {
  it.each([
    ["standard_conforming_strings", "off", 'says "off"'],
    ["standard_conforming_strings", null, "does not say"],
    ["client_encoding", "LATIN1", 'says "LATIN1"'],
    ["client_encoding", null, "does not say"],
  ])("%s = %s is refused", (name, value, words) => {
    const statuses = [
      ["standard_conforming_strings", "on"],
      ["client_encoding", "UTF8"],
    ].flatMap(([key, usual]) => {
      const given = key === name ? value : (usual as string);
      return given === null ? [] : [parameterStatus(key as string, given)];
    });
    const outcome = talk([authenticationOk(), ...statuses, KEY, readyForQuery("I")]);
    expect(refusal(outcome)).toMatch(/^0A000 /);
    expect(refusal(outcome)).toContain(words);
  });

  it.each([
    ["no credential", null],
    ["an empty one", EMPTY],
    ["one with a NUL", utf8("s3\0cret")],
  ])("a password, where the server asks and there is %s", (_, password) => {
    for (const ask of [authenticationCleartext(), MD5_CHALLENGE, saslOffer("SCRAM-SHA-256")]) {
      const outcome = talk([ask], { password });
      expect(refusal(outcome)).toMatch(/^28000 127\.0\.0\.1 asks for a password, and resource/);
      expect(outcome.sent).toHaveLength(1);
    }
  });

  it.each<[string, Uint8Array, string]>([
    ["Kerberos", message("R", u32Bytes(2)), "Kerberos V5"],
    ["GSSAPI", message("R", u32Bytes(7)), "GSSAPI"],
    ["SSPI", message("R", u32Bytes(9)), "SSPI"],
    ["something new", unknownRequest, "an unknown kind (99)"],
    ["OAuth only", saslOffer("OAUTHBEARER"), "OAUTHBEARER"],
    ["no mechanism", saslOffer(), "nothing"],
  ])("a kind of authentication that is served: %s is not", (_, ask, named) => {
    expect(refusal(talk([ask]))).toMatch(/^28000 /);
    expect(refusal(talk([ask]))).toContain(named);
  });
});

describe("a login that the server refuses", () => {
  const error = (code: string, words: string): Uint8Array =>
    errorResponse({ severity: "FATAL", code, message: words });

  it("keeps the server's SQLSTATE, and names neither the target's user nor its password", () => {
    const words = 'password authentication failed for user "sluice"';
    const said = refusal(talk([error("28P01", words)]));
    expect(said).toBe(
      "28P01 127.0.0.1 refused the gateway's login (28P01): password authentication failed for " +
        "user of the gateway. The credential or the rights of resource " +
        '"shop-db" must be looked at.',
    );
    for (const leak of ["you sent s3cret", "no such role: sluice"]) {
      const told = refusal(talk([authenticationCleartext(), error("28000", leak)]));
      expect(told).toContain("refused the gateway's login (28000). The credential");
    }
  });

  it("may come at any point, and without a SQLSTATE", () => {
    const full = error("53300", "sorry, too many clients already");
    expect(refusal(talk([authenticationOk(), full]))).toContain("too many clients");
    expect(refusal(talk([message("E", utf8("Mno\0\0"))]))).toMatch(/^08004 /);
    expect(refusal(talk([message("E", utf8("garbage"))]))).toMatch(/^08004 /);
  });
});

describe("any bytes at all", () => {
  const typed = fc
    .tuple(fc.constantFrom(..."RSKZEvNDp1T"), fc.uint8Array({ maxLength: 40 }))
    .map(([type, body]) => message(type, body));
  const kinds = fc
    .tuple(fc.constantFrom(0, 3, 5, 10, 11, 12, 99), fc.uint8Array({ maxLength: 40 }))
    .map(([kind, data]) => message("R", u32Bytes(kind), data));
  const lying = typed.map((whole) => {
    const out = whole.slice();
    putU32(out, 1, out.length + 3);
    return out;
  });
  const known = fc.constantFrom(...READY, authenticationOk(), saslOffer("SCRAM-SHA-256"));
  const replies = fc.array(fc.oneof(typed, kinds, lying, known, fc.uint8Array({ maxLength: 9 })), {
    maxLength: 12,
  });

  it("end in a login, a refusal or a wait, and never throw", () => {
    const check = fc.property(replies, fc.boolean(), (script, minor) => {
      const { result } = talk(script, { protocolMinor: minor ? 2 : 0 });
      if (result === "waits" || result.ok) return;
      expect(result.sqlstate).toMatch(/^[0-9A-Z]{5}$/);
      expect(result.message).not.toContain("s3cret");
    });
    fc.assert(check, { numRuns: 2_000 });
  });
});
