import { utf8 } from "../bytes.ts";
import { requestBytesMax } from "../limits.ts";
import { z } from "../zod.ts";

const some = z.string().min(1);

/** What a client would send to a service. */
export const requestSchema = z
  .strictObject({
    method: z
      .string()
      .regex(/^[A-Z][A-Z-]*$/, "a method in capitals, such as POST")
      .describe("In capitals: `GET`, `POST`."),
    path: z
      .string()
      .regex(/^\//, "begin it with a slash, from the service's root on")
      .describe("From the service's root on, as it is sent, with its query: `/payments?dry=1`."),
    headers: z
      .record(some, z.string())
      .default({})
      .describe(
        "`{ NAME: VALUE }`. A body that is no text is JSON unless `content-type` says otherwise.",
      ),
    body: z
      .unknown()
      .refine(isSendable, "neither a text nor a value that JSON has, of 1 MiB at most")
      .optional()
      .describe(
        "A value that is sent as JSON; or a text, sent as it is, whose `content-type` is given.",
      ),
  })
  .refine(({ headers, body }) => typeof body !== "string" || typeIn(headers) !== undefined, {
    path: ["body"],
    error: "a text needs its type: headers: { content-type: … }",
  });

export type RequestGiven = z.infer<typeof requestSchema>;

/** The Content-Type, whatever the case of its name. */
export const typeIn = (headers: Readonly<Record<string, string>>): string | undefined =>
  Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type")?.[1];

/** As it is sent: a text as it is, all else as JSON. */
export const bodyText = (body: unknown): string =>
  typeof body === "string" ? body : JSON.stringify(body);

/** YAML has numbers that JSON has not, and documents that hold themselves. */
function isSendable(body: unknown): boolean {
  const finite = (_: string, part: unknown): unknown => {
    if (typeof part === "number" && !Number.isFinite(part)) throw new Error("not in JSON");
    return part;
  };
  try {
    const sent = typeof body === "string" ? body : JSON.stringify(body, finite);
    return utf8(sent).length <= requestBytesMax;
  } catch {
    return false;
  }
}
