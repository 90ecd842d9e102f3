import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mustReach } from "../../durable-objects/upstream/reach.ts";
import { exchanges } from "../../worker/exchanges.ts";
import { Gateway, PUBLIC_URL } from "./gateway.ts";

/*
 * Where a resource's address may lead (CONTRACTS §9): by its text at every apply and every dial, by
 * what DNS says of its name at every apply and every opening. That a redirect is the client's to
 * follow, never the gate's, is shown in test/bypass/http-answers.test.ts.
 */

let gate: Gateway;
let max: string;
let ada: string;

beforeAll(async () => {
  gate = await Gateway.start();
  max = (await gate.signIn("max")).access_token;
  ada = (await gate.signIn("ada")).access_token;
});
afterAll(() => gate.stop());

const policy = (url: string, network: string): string => `
resources:
  - { name: svc, type: http, url: "${url}", network: ${network} }
grants:
  - { id: all, groups: [engineers], resources: [svc], access: [read] }
roles: { admin: [admins] }
`;

/** `applied`, or why not. */
async function applied(url: string, network: string): Promise<string> {
  const answer = await gate.apply(policy(url, network), max);
  return answer.ok ? "applied" : (await answer.json<{ code: string }>()).code;
}

/** Never reached, whatever the resource says. */
const NEVER = [
  "169.254.169.254",
  "169.254.170.2",
  "169.254.0.1",
  "0.0.0.0",
  "0.1.2.3",
  "192.0.0.192",
  "198.18.0.1",
  "224.0.0.1",
  "255.255.255.255",
  "100.100.100.200",
  "168.63.129.16",
  "[fd00:ec2::254]",
  "[fe80::1]",
  "[fe80::a9fe:a9fe]",
  "[ff02::1]",
  "[::]",
  "[::ffff:169.254.169.254]",
  "[::ffff:a9fe:a9fe]",
  "[::169.254.169.254]",
  "[::127.0.0.1]",
  "[64:ff9b::169.254.169.254]",
  "[64:ff9b::a00:1]",
  "[64:ff9b::7f00:1]",
  "[64:ff9b:1::8.8.8.8]",
  "[2002:a9fe:a9fe::]",
  "[2002:7f00:1::]",
  "[2002:a00:1::]",
  "[2001:0:1::1]",
  "[100::1]",
  "metadata",
  "metadata.google.internal",
  "metadata.google.internal.",
  "metadata.goog",
  "instance-data",
  "instance-data.ec2.internal",
];

/** Other spellings of addresses: some readers take them for one, some for another. */
const SPELT = [
  "2852039166",
  "0xa9fea9fe",
  "0xa9.0xfe.0xa9.0xfe",
  "0251.0376.0251.0376",
  "169.254.43518",
  "169.16689662",
  "2130706433",
  "0x7f000001",
  "0x7f.1",
  "017700000001",
  "0177.0.0.1",
  "127.1",
  "127.0.1",
  "010.0.0.1",
  "127.0.0.1.",
  "169.254.169.254.",
  "256.0.0.1",
  "1.2.3.4.5",
];

/** Reached where the resource says that it means it. */
const PRIVATE = [
  "127.0.0.1",
  "127.255.255.254",
  "localhost",
  "localhost.",
  "a.localhost",
  "10.0.0.1",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.0.1",
  "100.64.0.1",
  "[::1]",
  "[0:0:0:0:0:0:0:1]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[::ffff:10.0.0.1]",
  "[fc00::1]",
  "[fd12:3456::1]",
];

/** No host at all, or more than one reader would see. */
const MALFORMED = [
  "http://user@svc.example",
  "http://user:pass@svc.example",
  "http://svc.example@169.254.169.254",
  "http://169.254.169.254#@svc.example",
  "http://169.254.169.254\\@svc.example",
  "http://svc.example?x",
  "http://svc.example/../x",
  "http://SVC.example",
  "http://svc.example:0",
  "http://svc.example:80",
  "http://svc.ex%61mple",
  "http://svc。example",
  "http://①②⑦.0.0.1",
  "http://[fe80::1%25eth0]",
  "http:svc.example",
  "http:///svc.example",
  "//svc.example",
  "ftp://svc.example",
  "file:///etc/passwd",
  "gopher://169.254.169.254",
  "http://svc.example /x",
  "http://svc.example\\t",
];

describe("an address in a policy", () => {
  it.each(NEVER)("%s is refused, public or private", async (host) => {
    for (const network of ["public", "private"]) {
      expect(await applied(`http://${host}`, network)).toMatch(
        /^(address_refused|invalid_policy)$/,
      );
    }
    expect(() => mustReach(host.replace(/^\[|\]$/g, ""), "private")).toThrow("never dials");
  });

  it.each(SPELT)("%s is refused, whatever it means", async (host) => {
    for (const network of ["public", "private"]) {
      expect(await applied(`http://${host}:8080/x`, network)).toMatch(
        /^(address_refused|invalid_policy)$/,
      );
    }
  });

  it.each(PRIVATE)("%s is refused, unless the resource says so", async (host) => {
    const name = host.replace(/^\[|\]$/g, "");
    expect(await applied(`http://${host}`, "public")).toMatch(/^(address_refused|invalid_policy)$/);
    expect(() => mustReach(name, "public")).toThrow("private address");
    expect(() => mustReach(name, "private")).not.toThrow();
  });

  it.each(MALFORMED)("%s is no address", async (url) => {
    expect(await applied(url, "private")).toBe("invalid_policy");
  });

  it.each(["http://10.0.0.1", "http://localhost:8080/v2", "http://[::1]:8080"])(
    "%s is taken where it is meant",
    async (url) => expect(await applied(url, "private")).toBe("applied"),
  );
});

describe("a name, by what DNS says of it", () => {
  const CASES: readonly (readonly [address: string, network: string, refused: boolean])[] = [
    ["169.254.169.254", "public", true],
    ["169.254.169.254", "private", true],
    ["fd00:ec2::254", "private", true],
    ["::ffff:169.254.169.254", "private", true],
    ["64:ff9b::a9fe:a9fe", "private", true],
    ["2002:a9fe:a9fe::1", "private", true],
    ["0.0.0.0", "private", true],
    ["100.100.100.200", "private", true],
    ["127.0.0.1", "public", true],
    ["10.0.0.1", "public", true],
    ["::1", "public", true],
    ["fd12::1", "public", true],
    ["::ffff:192.168.0.1", "public", true],
    ["10.0.0.1", "private", false],
    ["93.184.216.34", "public", false],
    ["2606:2800:220:1::1", "public", false],
  ];

  it.each(CASES)("%s, %s: refused %s", async (address, network, refused) => {
    const host = `n${CASES.findIndex(([a, b]) => a === address && b === network)}.example.com`;
    gate.issuer.addresses.set(host, address);
    const answer = await gate.apply(policy(`https://${host}`, network), max);
    const { warnings } = await answer.json<{ warnings: string[] }>();
    expect(warnings.some((warning) => warning.includes(address))).toBe(refused);
    const asked = { headers: { authorization: `Bearer ${ada}` } };
    const context = { waitUntil: () => {} } as unknown as ExecutionContext;
    const url = `${PUBLIC_URL}/http/svc/x`;
    const opened = await exchanges.request(url, asked, gate.env, context);
    const { code } = await opened.json<{ code: string }>();
    expect(code === "address_refused").toBe(refused);
    expect(gate.prepared).toEqual([]);
  });
});
