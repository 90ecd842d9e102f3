import { Ajv2020 } from "ajv/dist/2020.js";
import { openApi } from "../../core/api/openapi.ts";
import { ROUTES, STREAMS } from "../../core/api/routes.ts";

type Content = Readonly<Record<string, { readonly schema?: object } | undefined>>;
type Documented = { readonly content?: Content; readonly "x-codes"?: readonly string[] };
type Operation = { readonly responses: Readonly<Record<string, Documented | undefined>> };
type Paths = Readonly<Record<string, Readonly<Record<string, Operation | undefined>>>>;

export const DOCUMENT = openApi({ routes: ROUTES, streams: STREAMS }, "https://gate.test", "1");

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema(DOCUMENT, "api");

const OPERATIONS = Object.entries(DOCUMENT["paths"] as Paths).map(([path, operations]) => ({
  path,
  fits: new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+").replaceAll(".", "\\.")}$`),
  operations,
}));

/**
 * Throws where an answer is not as /api/openapi.json says: its status, its shape with nothing
 * more in it, its problem's code. What is not described is not looked at.
 */
export async function mustConform(method: string, url: string, answer: Response): Promise<void> {
  const { pathname } = new URL(url);
  const exact = OPERATIONS.find(({ path }) => path === pathname);
  const found = exact ?? OPERATIONS.find(({ fits }) => fits.test(pathname));
  const operation = found?.operations[method.toLowerCase()];
  if (found === undefined || operation === undefined) return;
  const what = `${method} ${found.path} answered ${answer.status}`;
  const { responses } = operation;
  // The objects of these tests cannot answer 101.
  const documented = responses[answer.status] ?? (answer.status === 200 ? responses[101] : null);
  if (documented === null || documented === undefined) throw new Error(`${what}: not documented`);
  const type = answer.headers.get("content-type")?.split(";")[0] ?? "";
  const schema = documented.content?.[type]?.schema;
  if (schema === undefined) return;
  const body: unknown = await answer.clone().json();
  if (!validator(schema)(body))
    throw new Error(`${what}: ${ajv.errorsText(validator(schema).errors)}`);
  const codes = documented["x-codes"];
  const { code } = body as { code?: string };
  if (codes !== undefined && !codes.includes(code ?? "")) {
    throw new Error(`${what} with the code ${code}, which is not listed`);
  }
}

const compiled = new Map<object, ReturnType<typeof ajv.compile>>();

function validator(schema: object): ReturnType<typeof ajv.compile> {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const text = JSON.stringify(schema).replaceAll('"#/', '"api#/');
  const fresh = ajv.compile(JSON.parse(text) as object);
  compiled.set(schema, fresh);
  return fresh;
}
