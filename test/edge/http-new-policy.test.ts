import { beforeAll, beforeEach, expect, it } from "vitest";
import { useHttpGate } from "../support/http-gate.ts";
import { eventually } from "./edge.ts";

/* Long answers under way while another version of the policy comes into force. */

const POLICY = (url: string): string => `
resources:
  - { name: svc, type: http, url: "${url}", network: private }
  - { name: other, type: http, url: "${url}", network: private }
grants:
  - { id: all, groups: [engineers], resources: [svc, other], access: [read] }
guardrails:
  - { id: no-delete, when: 'http.method == "DELETE"', then: block }
masking:
  - { id: pii, fields: [ssn], technique: redact }
roles: { admin: [admins], auditor: [auditors] }
`;

const gate = useHttpGate({ policy: POLICY });
const applied = (change: (text: string) => string) =>
  gate().apply(change(POLICY(gate().upstream.url)));

let ada: string;
beforeAll(async () => {
  ada = await gate().token("ada");
});
beforeEach(() => applied((text) => text));

/** Half of it is with the client; the service sends the other half when the test says so. */
async function halfDownloaded() {
  let more: () => void = () => {};
  const rest = new Promise<void>((resolve) => (more = resolve));
  gate().upstream.told.set("/dump", async ({ response }) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write('[{"ssn":"078-05-1120","card":"a"},');
    await rest;
    response.end('{"ssn":"078-05-1120","card":"b"}]');
  });
  const headers = { authorization: `Bearer ${ada}`, "accept-encoding": "identity" };
  const answer = await fetch(`${gate().url}/http/svc/dump`, { headers });
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const { value } = await reader.read();
  return { more, reader, first: text(value), session: answer.headers.get("sluice-session") ?? "" };
}

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

async function readOn(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  let all = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return all;
      all += text(value);
    }
  } catch {
    return `${all}CUT`;
  }
}

/** The session has taken the new version up. */
const heard = (session: string) =>
  eventually(async () => (await gate().records(session)).some(({ kind }) => kind === "policy"));

it.each<[string, (text: string) => string]>([
  ["has one field more", (text) => text.replace("[ssn]", "[ssn, card]")],
  ["masks in another way", (text) => text.replace("redact", "hash")],
  ["masks nothing", (text) => text.replace("[ssn]", "[nothing]")],
])("is cut off where its mask %s: no value goes on under the old one", async (_, change) => {
  const { more, reader, first, session } = await halfDownloaded();
  expect(first).toContain('"ssn":"[redacted]"');
  await applied(change);
  expect(await readOn(reader)).toBe("CUT");
  more();
  const notes = await eventually(async () => {
    const records = await gate().records(session);
    const last = Math.max(...records.map(({ command }) => command));
    const own = records.filter(({ kind, command }) => kind === "note" && command === last);
    return own.length > 0 && own.map(({ fact }) => fact["message"]);
  });
  expect(notes).toEqual(["The policy has changed: ask again."]);
});

it.each<[string, (text: string) => string]>([
  ["has another guardrail", (text) => text.replace('"DELETE"', '"PUT"')],
  ["masks more of another service", (text) => text.replace("\nroles:", `${OTHER}\nroles:`)],
])("goes on to its end where the version that came %s", async (_, change) => {
  const { more, reader, first, session } = await halfDownloaded();
  await applied(change);
  await heard(session);
  more();
  const whole = JSON.parse(first + (await readOn(reader))) as unknown;
  const ssn = "[redacted]";
  expect(whole).toEqual([
    { ssn, card: "a" },
    { ssn, card: "b" },
  ]);
});

const OTHER = "\n  - { id: cards, resources: [other], fields: [card], technique: redact }";
