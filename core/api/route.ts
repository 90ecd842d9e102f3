import type { Role } from "../session.ts";
import type { z } from "../zod.ts";
import type { ProblemCode } from "./problem.ts";
import type { Scope } from "./scope.ts";

/** `owner`: whose own thing it is, as far as it is hers. */
export type Caller = "anyone" | "signed-in" | "owner" | Role;

/** What documents a way in, whatever it answers. Whether somebody may, the handler decides. */
type Described = {
  /** `:x` is a path parameter. */
  readonly path: `/${string}`;
  /** One sentence that begins with a verb. */
  readonly summary: string;
  readonly roles: readonly [Caller, ...Caller[]];
  /** What an API token needs. `person`: no token may; `any`: every token may. */
  readonly scope: Scope | "person" | "any";
  /**
   * Codes besides those that follow from the rest (core/api/openapi.ts): a signed-in caller, a
   * role, a parameter in the path, a query, a body.
   */
  readonly problems?: readonly ProblemCode[];
};

export type Route = Described & {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly query?: z.ZodObject;
  /** As JSON. */
  readonly body?: z.ZodType;
  /** The media type of a body that is text. */
  readonly text?: "application/yaml";
  readonly answer: z.ZodType;
  /** 200 where nothing is said; 204 has no body. */
  readonly status?: 201 | 204;
  /** It changes nothing, whatever its method: an Idempotency-Key means nothing to it. */
  readonly safe?: true;
};

/** A way in that answers no JSON. */
export type Stream = Described & {
  /** A GET where nothing is said. */
  readonly method?: "POST";
  readonly answers: "application/octet-stream" | "websocket" | "nothing" | "redirect";
  /** What comes, in words. */
  readonly words: string;
};
