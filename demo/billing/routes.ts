import { type Answer, type Call, jsonOf, notFound, Refusal, whole } from "./answers.ts";
import { type Customer, customer, firstOf, type Payment, payment, VAULT } from "./data.ts";
import { streamEvents } from "./events.ts";
import { OPENAPI } from "./openapi.ts";

/** Answers, or has written the answer itself. */
type Handler = (call: Call) => Answer | null | Promise<Answer | null>;

export type Route = {
  readonly path: RegExp;
  readonly methods: Readonly<Partial<Record<"GET" | "POST" | "DELETE", Handler>>>;
};

/** What the service knows from its start on; what is posted to it lives as long as it does. */
export function routes(): readonly Route[] {
  const customers = firstOf(customer, 40);
  const payments = new Map(firstOf(payment, 60).map((one) => [one.id, one]));
  let lastId = payments.size;
  const known = (name: string): Payment => {
    const found = payments.get(Number(name));
    if (found === undefined) throw notFound(`payment ${name}`);
    return found;
  };
  const add = async ({ request }: Call): Promise<Answer> => {
    const made = { id: (lastId += 1), ...paymentFrom(await jsonOf(request), customers) };
    payments.set(made.id, made);
    return { status: 201, entity: made, headers: { location: `/payments/${made.id}` } };
  };
  const remove = ({ name }: Call): Answer => {
    payments.delete(known(name).id);
    return { status: 204 };
  };
  return [
    { path: /^\/healthz$/, methods: { GET: () => ({ entity: { status: "ok" } }) } },
    { path: /^\/openapi\.json$/, methods: { GET: () => ({ entity: OPENAPI }) } },
    { path: /^\/customers$/, methods: { GET: (call) => page(call, "/customers", customers) } },
    { path: /^\/customers\/(\d{1,9})$/, methods: { GET: ({ name }) => one(customers, name) } },
    {
      path: /^\/payments$/,
      methods: { GET: (call) => page(call, "/payments", [...payments.values()]), POST: add },
    },
    {
      path: /^\/payments\/(\d{1,9})$/,
      methods: { GET: ({ name }) => ({ entity: known(name) }), DELETE: remove },
    },
    { path: /^\/vault\/([\w-]{1,63})$/, methods: { GET: ({ name }) => secret(name) } },
    { path: /^\/export\/customers\.csv$/, methods: { GET: () => csv(customers) } },
    { path: /^\/export\/customers\.ndjson$/, methods: { GET: () => ndjson(customers) } },
    { path: /^\/events$/, methods: { GET: (call) => streamEvents(call) } },
  ];
}

function one(customers: readonly Customer[], name: string): Answer {
  const entity = customers.find(({ id }) => id === Number(name));
  if (entity === undefined) throw notFound(`customer ${name}`);
  return { entity };
}

function secret(name: string): Answer {
  const value = VAULT.get(name);
  if (value === undefined) throw notFound(`secret ${name}`);
  return { entity: { name, value } };
}

const PAGE_ITEMS_MAX = 100;

/** ?page from 1, ?limit of 10; the next page by a link (RFC 8288). */
function page({ query }: Call, path: string, all: readonly object[]): Answer {
  const number = whole(query, "page", 1, 1_000_000);
  const limit = whole(query, "limit", 10, PAGE_ITEMS_MAX);
  const items = all.slice((number - 1) * limit, number * limit);
  const next = `<${path}?page=${number + 1}&limit=${limit}>; rel="next"`;
  return {
    entity: { items, page: number, limit, total: all.length },
    ...(number * limit < all.length && { headers: { link: next } }),
  };
}

function paymentFrom(body: unknown, customers: readonly Customer[]): Omit<Payment, "id"> {
  const given = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const { customer_id, payment_amount, currency, memo = "" } = given;
  const payer = customers.find(({ id }) => id === customer_id);
  const wrong = [
    payer === undefined && "customer_id",
    !(typeof payment_amount === "number" && payment_amount > 0) && "payment_amount",
    !(typeof currency === "string" && /^[A-Z]{3}$/.test(currency)) && "currency",
    typeof memo !== "string" && "memo",
  ].filter((name) => name !== false);
  if (wrong.length > 0) {
    throw new Refusal(400, "bad_payment", `These fields are wrong: ${wrong.join(", ")}.`);
  }
  return {
    customer_id: payer?.id ?? 0,
    card_number: payer?.cards[0]?.card_number ?? "",
    payment_amount: Number(payment_amount),
    currency: String(currency),
    memo: String(memo),
    created_at: new Date().toISOString(),
  };
}

const ndjson = (customers: readonly Customer[]): Answer => ({
  type: "application/x-ndjson",
  entity: customers.map((one) => `${JSON.stringify(one)}\n`).join(""),
});

const COLUMNS = ["id", "name", "email", "phone", "birth_date", "ssn", "notes"] as const;

/** RFC 4180. */
const csv = (customers: readonly Customer[]): Answer => ({
  type: "text/csv; charset=utf-8; header=present",
  entity: [COLUMNS, ...customers.map((one) => COLUMNS.map((column) => one[column] ?? ""))]
    .map((cells) => `${cells.map(cell).join(",")}\r\n`)
    .join(""),
  headers: { "content-disposition": 'attachment; filename="customers.csv"' },
});

const cell = (value: string | number): string =>
  /[",\r\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value);
