import { customer, firstOf, payment, VAULT } from "../../../demo/billing/data.ts";

const secretOf = (name: string): string => VAULT.get(name) ?? "";

/** A customer with secrets in many places: under names, in text, in keys, in text of JSON. */
export function record(n: number) {
  const { cards, ...person } = customer(n);
  const [{ card_number } = { card_number: "" }] = cards;
  return {
    ...person,
    profile: {
      contact: [
        { email: person.email },
        { email: `second${n}@example.net`, verified: n % 2 === 0 },
      ],
      card: { number: card_number, as_number: Number(card_number), expires: "2029-05" },
      tax: { ssn: person.ssn, history: [person.ssn, null, ""] },
    },
    [`by ${person.email}`]: { seen: true },
    remark: `Called about ${card_number}; SSN ${person.ssn}.`,
    raw: JSON.stringify({ ssn: person.ssn, note: `ask "${person.email}"` }),
    access_key: secretOf("backup-access-key"),
    token: secretOf("partner-token"),
    key: secretOf("signing-key"),
    amount: n * 1.5,
    nothing: null,
    empty: { list: [], object: {}, text: "" },
    last_payment: payment(n),
  };
}

export const documents = (n: number): string =>
  JSON.stringify({ items: firstOf(record, n), total: n });

/**
 * One document as no library writes it: a key that is escaped, keys twice, spaces, exponents,
 * surrogates, secrets whose letters are escaped. All of it is JSON (RFC 8259).
 */
export const AWKWARD = [
  '\t{ "s\\u0073n" : "536-90-4399",\r\n',
  '  "ssn": "536-90-4399", "ssn": "536-22-8726", "SSN":"\\u0035\\u0033\\u0036-22-8726",\n',
  '  "email" : "\\u0061da\\u0040example.com" , "":"ada@example.com",\n',
  '  "numbers": [ -0, 1E+2, 0.10, 4242424242424242, 1e400 , 123456789012345678901234567890 ],\n',
  '  "text": "\\ud83d\\ude00 \\/ \\b\\f\\n\\r\\t \\" \\\\ 😀 ı İ",\n',
  '  "lone": "\\ud800", "deep": [[[[{"ssn":{"ssn":["536-90-4399"]}}]]]],\n',
  '  "null": null, "true": true }\n\n',
].join("");

/** Bodies that call themselves JSON and are none, by what is wrong. */
export const BAD_JSON: ReadonlyMap<string, Buffer> = new Map([
  ["cut", Buffer.from(documents(1).slice(0, -40))],
  ["in-text", Buffer.from('{"ssn":"536-90-43')],
  ["after", Buffer.from('{"ssn":"536-90-4399"} {"ssn":"536-22-8726"}')],
  ["quotes", Buffer.from("{'ssn':'536-90-4399'}")],
  ["no-quotes", Buffer.from('{ssn:"536-90-4399"}')],
  ["comma", Buffer.from('{"ssn":"536-90-4399",}')],
  ["comment", Buffer.from('{/* ssn */"ssn":"536-90-4399"}')],
  ["control", Buffer.from('{"ssn":"536-90\n-4399"}')],
  ["escape", Buffer.from('{"ssn":"536-90-4399\\x"}')],
  ["bytes", Buffer.from([...Buffer.from('{"ssn":"536-90-'), 0xff, 0xc0, ...Buffer.from('4399"}')])],
  ["mark", Buffer.from('\ufeff{"ssn":"536-90-4399"}')],
  ["utf-16", Buffer.from('{"ssn":"536-90-4399"}', "utf16le")],
  ["nan", Buffer.from('{"ssn":NaN}')],
  ["text", Buffer.from("ssn 536-90-4399")],
  ["empty", Buffer.alloc(0)],
  ["deep", Buffer.from(`${"[".repeat(100_000)}"536-90-4399"`)],
]);

export const TEXT = [
  "A note for whoever is on call.",
  ...firstOf((n) => `Customer ${n} pays by ${customer(n).cards[0]?.card_number ?? ""}.`, 3),
  `The key of the signer, and AWS: ${secretOf("backup-access-key")}`,
  "",
  secretOf("signing-key"),
  `Write to ${customer(1).email}, SSN ${customer(1).ssn}. Zürich, 😀.`,
  "",
].join("\n");

export const csv = (n: number): string =>
  [
    "id,name,email,ssn,remark",
    ...firstOf((i) => {
      const { name, email, ssn, cards } = customer(i);
      return `${i},"${name}",${email},${ssn},"He said ""${cards[0]?.card_number}"",\r\nand left"`;
    }, n),
  ]
    .map((line) => `${line}\r\n`)
    .join("");

export const form = (n: number): string => {
  const { name, email, ssn, cards } = customer(n);
  const card_number = cards[0]?.card_number ?? "";
  return new URLSearchParams({ name, email, ssn, card_number, note: `SSN ${ssn}` }).toString();
};

export const ndjson = (n: number): string => `${JSON.stringify(record(n))}\n`;

/** One event (HTML section 9.2); each third has its data in two lines, each fourth a comment. */
export function event(n: number, end = "\n"): string {
  const { cards, ...person } = customer(n);
  const whole = JSON.stringify({ ...person, card_number: cards[0]?.card_number });
  const half = whole.indexOf(',"ssn"') + 1;
  const data = n % 3 === 0 ? [whole.slice(0, half), whole.slice(half)] : [whole];
  return [
    ...(n === 1 ? ["retry: 1000"] : []),
    ...(n % 4 === 0 ? [`: to ${person.email}`] : []),
    `id: ${n}`,
    "event: customer",
    ...data.map((line) => `data: ${line}`),
    "",
    "",
  ].join(end);
}

/** Bytes that look like chance and are the same every time (xorshift32). */
export function octets(length: number): Buffer {
  const bytes = Buffer.alloc(Math.ceil(length / 4) * 4);
  let state = 0x9e37_79b9;
  for (let at = 0; at < bytes.length; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes.writeInt32LE(state, at);
  }
  return bytes.subarray(0, length);
}
