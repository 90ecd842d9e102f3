import { describe, expect, it, test } from "vitest";
import { utf8 } from "../../../../core/bytes.ts";
import type { HttpFacts } from "../../../../core/command.ts";
import type { Unreadable } from "../../../../core/masker.ts";
import { HttpSocket } from "../../../../core/protocols/http/socket.ts";
import { maskedMessage, readMessage } from "../../../../core/protocols/http/message.ts";
import { sampleCommand } from "../../../support/values.ts";
import { maskerOf } from "../../masking/given.ts";

const masker = maskerOf([
  { id: "pii", fields: ["ssn"], technique: "redact" },
  { id: "found", detect: ["credit_card"], technique: "redact" },
]);
const masked = (message: string | Uint8Array, unreadable: Unreadable = "refuse") =>
  maskedMessage(message, masker, unreadable)?.message ?? null;

const CARD = "4111111111111111";
const HIDDEN = "[redacted:credit_card]";

describe("a message of the service", () => {
  test.for<[string, string]>([
    [`{"ssn":"1","a":1}`, `{"ssn":"[redacted]","a":1}`],
    [` [{"ssn":1}]\n`, ` [{"ssn":"[redacted]"}]\n`],
    [`42["paid",{"ssn":"1"}]`, `42["paid",{"ssn":"[redacted]"}]`],
    [`card ${CARD}: {"ssn":"1"}`, `card ${HIDDEN}: {"ssn":"[redacted]"}`],
    [`"{\\"ssn\\":\\"1\\"}"`, `"{\\"ssn\\":\\"[redacted]\\"}"`],
    [`"${CARD}" he said`, `"${HIDDEN}" he said`],
    [`paid with ${CARD}, {so} it is`, `paid with ${HIDDEN}, {so} it is`],
    ["ä🙂", "ä🙂"],
    ["\ufeffhello", "\ufeffhello"],
    ["", ""],
  ])("%j shows as %j", ([message, shown]) => {
    expect(masked(message)).toBe(shown);
  });

  it("of bytes is a document, or what the resource says of types that no masker reads", () => {
    expect(masked(utf8(`{"ssn":"1"}`))).toEqual(utf8(`{"ssn":"[redacted]"}`));
    const bytes = utf8(`x ${CARD}`);
    expect(masked(bytes)).toBeNull();
    expect(masked(bytes, "pass")).toEqual(bytes);
    expect(masked(bytes, "scan")).toEqual(utf8(`x ${HIDDEN}`));
    expect(masked(Uint8Array.of(7, 200), "scan")).toEqual(Uint8Array.of(7, 200));
  });

  test.for<[string, string | null]>([
    [`{"ssn":"1"`, null],
    [`{"ssn":"1"} {"ssn":"2"}`, `{"ssn":"[redacted]"} {"ssn":"[redacted]"}`],
    [`[info] ${CARD}`, `[info] ${HIDDEN}`],
    [`{'ssn':'1'}`, `{'ssn':'1'}`],
  ])("%j begins like a document and is none: it is not guessed at", ([message, scanned]) => {
    expect(masked(message)).toBeNull();
    expect(masked(message, "pass")).toBe(message);
    expect(masked(message, "scan")).toBe(scanned);
  });

  it("says by which rules it was masked, and passes as it is where nothing is", () => {
    expect(maskedMessage(`7{"ssn":"${CARD}"} `, masker, "refuse")).toMatchObject({
      masked: [{ rule: "pii", cells: 1 }],
    });
    expect(maskedMessage("{", null, "refuse")?.message).toBe("{");
  });
});

describe("a message of the client", () => {
  test.for<[string | Uint8Array, unknown]>([
    [`{"a":[1]}`, { a: [1] }],
    [utf8(` {"a":1}`), { a: 1 }],
    ["hello", "hello"],
    ["{so}", "{so}"],
    ["5", "5"],
    [utf8("hello"), null],
    [Uint8Array.of(255), null],
  ])("%j is %j for conditions", ([message, body]) => {
    expect(readMessage(message)).toEqual({ body });
  });

  it("is refused where readers may differ about it", () => {
    for (const message of [`{"a":1,"A":2}`, `{"a":1,}`, `{'a':1}`, `\ufeff{"a":1}`, `{"a":1} {}`]) {
      expect(readMessage(message), message).toHaveProperty("wrong");
      expect(readMessage(utf8(message)), message).toHaveProperty("wrong");
    }
  });

  const http: HttpFacts = {
    method: "GET",
    path: "/feed",
    query: { a: "1" },
    headers: {},
    body: null,
    bodyIs: "none",
    repeated: ["query.b"],
    operation: "",
    conforms: true,
    websocket: true,
  };
  const resource = { unreadable: "refuse" } as never;
  const opening = sampleCommand({ operations: ["websocket"], objects: ["/feed"], http });
  const socket = new HttpSocket({ status: 101, headers: [] }, opening, resource, () => masker);
  const described = (message: string | Uint8Array) => {
    const read = socket.describe(7, message);
    return "command" in read ? read.command : expect.fail(read.refuse.message);
  };

  it("is a command of its own: the exact text, and what people may see of it", () => {
    expect(described(`{"ssn":"1"}`)).toMatchObject({
      id: 7,
      text: `{"ssn":"1"}`,
      shown: `MESSAGE /feed\n{"ssn":"[redacted]"}`,
      operations: ["websocket"],
      objects: ["/feed"],
      parameters: [],
      http: { ...http, method: "MESSAGE", body: { ssn: "1" }, bodyIs: "fields" },
    });
  });

  it("is masked on its way in, before anybody judges it", () => {
    const sent = maskerOf([{ id: "in", on: ["requests"], fields: ["ssn"], technique: "redact" }]);
    const inward = new HttpSocket({ status: 101, headers: [] }, opening, resource, () => sent);
    expect(inward.describe(7, `{"ssn":"1"}`)).toMatchObject({
      message: `{"ssn":"[redacted]"}`,
      command: { text: `{"ssn":"[redacted]"}`, http: { body: { ssn: "[redacted]" } } },
      masked: ["in"],
    });
    expect(inward.describe(7, Uint8Array.of(255))).toHaveProperty("refuse");
  });

  it("keeps bytes beside the text, so that an approval is for them", () => {
    const bytes = Uint8Array.of(255, 1);
    expect(described(bytes)).toMatchObject({
      text: "",
      shown: "MESSAGE /feed\n(2 bytes)",
      parameters: [{ type: 0, format: 1, value: bytes }],
    });
    expect(described("x".repeat(5_000)).shown).toBe("MESSAGE /feed\n(5000 bytes)");
  });
});
