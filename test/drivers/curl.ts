import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { run } from "./gate.ts";
import type { Service, Services } from "./services.ts";

export type Curled = {
  /** curl's own exit status. */
  readonly code: number;
  readonly status: number;
  /** Of the last answer; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** As curl wrote it: decoded where `--compressed` was said. */
  readonly body: Buffer;
  /** All heads that came, among them those of redirects and of 100. */
  readonly heads: string;
  /** Where curl was in the end. */
  readonly url: string;
};

/** One URL, with these arguments and `input` on its standard input. */
export async function curl(
  url: string,
  args: readonly string[] = [],
  input: string = "",
): Promise<Curled> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-curl-"));
  const [head, body] = [join(folder, "head"), join(folder, "body")];
  const files = ["-D", head, "-o", body, "-w", "%{http_code} %{url_effective}"];
  try {
    const { code, stdout } = await run("curl", ["-sS", ...files, ...args, url], { input });
    const heads = readFileSync(head, "latin1");
    const [status = "", effective = ""] = stdout.split(" ");
    return {
      code,
      status: Number(status),
      headers: lastOf(heads),
      body: read(body),
      heads,
      url: effective,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** curl writes no file for an answer without a body. */
function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}

function lastOf(heads: string): Record<string, string> {
  const [, ...lines] = heads.trimEnd().split("\r\n\r\n").at(-1)?.split("\r\n") ?? [];
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(":");
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
    }),
  );
}

/** Ada's curl through the gateway. */
export const through = (
  services: Services,
  service: Service,
  path: string,
  args: readonly string[] = [],
  input = "",
): Promise<Curled> => curl(services.url(service, path), [...bearer(services), ...args], input);

export const bearer = ({ token }: Services): readonly string[] => [
  "-H",
  `Authorization: Bearer ${token}`,
];

/** Of a connection or of the moment, or the gateway's own word. */
const OWN = new Set([
  "connection",
  "keep-alive",
  "transfer-encoding",
  "date",
  "cache-control",
  // nginx says it of what it could send in parts; Miniflare's entry takes it away at times.
  "accept-ranges",
]);

/** The same status and body, and every header of the service's own. */
export function expectSame(got: Curled, direct: Curled): void {
  const own = Object.entries(direct.headers).filter(([name]) => !OWN.has(name));
  expect({ code: got.code, status: got.status }).toEqual({
    code: direct.code,
    status: direct.status,
  });
  expect(got.headers).toMatchObject(Object.fromEntries(own));
  // Of HEAD curl writes the head itself, where a body would lie.
  if (!direct.body.toString("latin1").startsWith("HTTP/")) {
    expect(got.body.equals(direct.body)).toBe(true);
  }
}
