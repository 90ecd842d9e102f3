const text = { type: "string" };
const number = { type: "integer", minimum: 1 };
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const object = (properties: object, required = Object.keys(properties)) => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});
const json = (schema: object) => ({ content: { "application/json": { schema } } });
const ok = (description: string, schema: object) => ({
  200: { description, ...json(schema) },
  default: { description: "A refusal", ...json(ref("Error")) },
});
const as = (description: string, type: string) => ({
  responses: { 200: { description, content: { [type]: { schema: text } } } },
});
const parameter = (at: "path" | "query", name: string, schema: object) => ({
  name,
  in: at,
  required: at === "path",
  schema,
});

const pageOf = (operationId: string, name: string) => ({
  operationId,
  parameters: [
    parameter("query", "page", number),
    parameter("query", "limit", { ...number, maximum: 100 }),
  ],
  responses: ok("A page; the header `link` names the next", {
    ...object({ items: { type: "array", items: ref(name) }, page: number, limit: number }),
    additionalProperties: { type: "integer" },
  }),
});

const newPayment = {
  customer_id: number,
  payment_amount: { type: "number", exclusiveMinimum: 0 },
  currency: { type: "string", pattern: "^[A-Z]{3}$" },
  memo: text,
};
const address = object({ street: text, postal_code: text, city: text, country: text });
const schemas = {
  Error: object({ error: text, message: text }),
  NewPayment: object(newPayment, ["customer_id", "payment_amount", "currency"]),
  Payment: object({ id: number, ...newPayment, card_number: text, created_at: text }),
  Customer: object({
    id: number,
    name: text,
    email: { type: "string", format: "email" },
    phone: { type: ["string", "null"] },
    birth_date: { type: "string", format: "date" },
    ssn: text,
    address,
    cards: { type: "array", items: object({ card_number: text, expires: text }) },
    notes: text,
  }),
  Secret: object({ name: text, value: text }),
};

/** OpenAPI 3.1 of what other services may call, as the service itself publishes it. */
export const OPENAPI = {
  openapi: "3.1.0",
  info: { title: "billing-api", version: "1.0.0" },
  security: [{ bearer: [] }],
  paths: {
    "/healthz": {
      get: {
        operationId: "health",
        security: [],
        responses: ok("It runs", object({ status: text })),
      },
    },
    "/customers": { get: pageOf("listCustomers", "Customer") },
    "/customers/{id}": {
      parameters: [parameter("path", "id", number)],
      get: { operationId: "readCustomer", responses: ok("The customer", ref("Customer")) },
    },
    "/payments": {
      get: pageOf("listPayments", "Payment"),
      post: {
        operationId: "makePayment",
        requestBody: { required: true, ...json(ref("NewPayment")) },
        responses: { 201: { description: "Made", ...json(ref("Payment")) } },
      },
    },
    "/payments/{id}": {
      parameters: [parameter("path", "id", number)],
      get: { operationId: "readPayment", responses: ok("The payment", ref("Payment")) },
      delete: { operationId: "deletePayment", responses: { 204: { description: "Gone" } } },
    },
    "/vault/{name}": {
      parameters: [parameter("path", "name", text)],
      get: { operationId: "readSecret", responses: ok("The secret", ref("Secret")) },
    },
    "/export/customers.csv": {
      get: { operationId: "exportCsv", ...as("One line each", "text/csv") },
    },
    "/export/customers.ndjson": {
      get: { operationId: "exportNdjson", ...as("One line each", "application/x-ndjson") },
    },
    "/events": {
      get: {
        operationId: "followPayments",
        parameters: [parameter("query", "count", number)],
        ...as("Payments as they happen", "text/event-stream"),
      },
    },
  },
  components: {
    securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
    schemas,
  },
} as const;
