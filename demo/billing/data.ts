import { createHash } from "node:crypto";

export type Card = { readonly card_number: string; readonly expires: string };

export type Customer = {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly phone: string | null;
  readonly birth_date: string;
  readonly ssn: string;
  readonly address: {
    readonly street: string;
    readonly postal_code: string;
    readonly city: string;
    readonly country: string;
  };
  readonly cards: readonly Card[];
  readonly notes: string;
};

export type Payment = {
  readonly id: number;
  readonly customer_id: number;
  readonly card_number: string;
  /** In the currency's main unit, two decimals at most. */
  readonly payment_amount: number;
  readonly currency: string;
  readonly memo: string;
  readonly created_at: string;
};

const FIRST_NAMES = (
  "Amara Bruno Chiara Dmitri Elif Farid Greta Hana Ivo Jun Katya Liam Mina Noor Oskar Priya " +
  "Quinn Rosa Sven Tariq Uma Vera Wanda Xenia Yusuf Zoë"
).split(" ");
const LAST_NAMES = (
  "Adeyemi Bauer Costa Duarte Eriksen Fontaine Grieve Haddad Ivanova Jansen Kowalski " +
  "Lindqvist Moreau Nakamura O'Brien Petrov Quispe Rossi Santos Tanaka Ueda Varga Weber " +
  "Yılmaz Zhang"
).split(" ");
const CITIES = [
  ["Berlin", "DE"],
  ["Chicago", "US"],
  ["Dakar", "SN"],
  ["Lisbon", "PT"],
  ["Osaka", "JP"],
  ["Porto", "PT"],
  ["Quito", "EC"],
  ["Zürich", "CH"],
] as const;
const STREETS = ["Harbour Street", "Mill Lane", "Station Road", "Orchard Way", "Bridge Street"];
const DAY_MS = 86_400_000;

/** The list's entry at n, from the beginning again after its end. */
const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;
const padded = (n: number, digits: number): string => String(n).padStart(digits, "0");

/**
 * Customer n of the shop: the same formulas as in shop.sql, so that `shop-db` and `billing-api`
 * know the same people. Nobody of them exists.
 */
export function customer(n: number): Customer {
  const [city, country] = pick(CITIES, n);
  const name = [pick(FIRST_NAMES, n * 11), pick(LAST_NAMES, n * 7)].join(" ");
  return {
    id: n,
    name,
    email: `customer${n}@${pick(["example.com", "example.org", "mail.example"], n)}`,
    phone: n % 9 === 0 ? null : `+1-${201 + ((n * 17) % 700)}-555-${padded((n * 31) % 10_000, 4)}`,
    birth_date: day(Date.UTC(1950, 2, 1) + ((n * 1237) % 19_000) * DAY_MS),
    ssn: ssn(n + 1_000),
    address: {
      street: `${1 + ((n * 13) % 180)} ${pick(STREETS, n)}`,
      postal_code: padded(10_000 + n * 137, 5),
      city,
      country,
    },
    cards: Array.from({ length: 1 + (n % 2) }, (_, i) => ({
      card_number: card(n + i * 2_000),
      expires: `2029-0${(n % 9) + 1}`,
    })),
    notes:
      n % 10 === 0
        ? `Said "no calls, please": write to accounts${n}@example.net.`
        : `Invoices go to accounts${n}@example.net, not to the address above.`,
  };
}

/** An instant (ms) as a date of ISO 8601. */
const day = (instant: number): string => new Date(instant).toISOString().slice(0, 10);

/** Invented numbers in a form that could have been issued. */
const ssn = (n: number): string =>
  [100 + ((n * 37) % 560), padded(1 + ((n * 13) % 99), 2), padded(1 + ((n * 7717) % 9999), 4)].join(
    "-",
  );

/** From the ranges that card companies publish for tests. */
const card = (n: number): string =>
  withCheckDigit(
    pick(["42424242", "55555555", "40000566", "52008282"], n) + padded((n * 7919) % 10_000_000, 7),
  );

/** ISO/IEC 7812-1, annex B. */
function withCheckDigit(digits: string): string {
  const sum = [...digits].toReversed().reduce((total, digit, place) => {
    const doubled = Number(digit) * 2;
    if (place % 2 === 1) return total + Number(digit);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

/** Payment n, made by the customer that it names. */
export function payment(n: number): Payment {
  const payer = customer(((n * 7) % 40) + 1);
  return {
    id: n,
    customer_id: payer.id,
    card_number: payer.cards[0]?.card_number ?? "",
    payment_amount: (990 + ((n * 13_709) % 240_000)) / 100,
    currency: pick(["EUR", "USD", "CHF"], n),
    memo: n % 5 === 0 ? `Refund asked for by ${payer.email}` : `Order ${6_000 - n * 7}`,
    created_at: new Date(Date.UTC(2026, 0, 5, 9) + n * 10_000_000).toISOString(),
  };
}

/** The first n of a kind, from 1. */
export const firstOf = <T>(make: (n: number) => T, count: number): T[] =>
  Array.from({ length: count }, (_, i) => make(i + 1));

/**
 * Secrets in the forms of real ones that open nothing: the access key of Amazon's manuals, a token
 * (RFC 7519) and a key (RFC 7468) filled with hashes.
 */
export const VAULT: ReadonlyMap<string, string> = new Map([
  ["backup-access-key", "AKIAIOSFODNN7EXAMPLE"],
  ["partner-token", token({ sub: "billing-api", aud: "partner.example", exp: 1_893_456_000 })],
  ["signing-key", pem("PRIVATE KEY", "signing-key")],
]);

function token(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${createHash("sha256").update(signed).digest("base64url")}`;
}

function pem(label: string, seed: string): string {
  const bytes = firstOf((n) => createHash("sha512").update(`${seed} ${n}`).digest(), 3);
  const lines =
    Buffer.concat(bytes)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
