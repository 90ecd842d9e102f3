import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { octets } from "../support/http-upstream/samples.ts";
import { needs } from "../support/tools.ts";
import { bearer, curl, expectSame, through } from "./curl.ts";
import { run } from "./gate.ts";
import { CLEAR, FILES, type Service, useServices } from "./services.ts";

const services = useServices();
beforeEach((context) => needs(context, "curl"));

const clearIn = (body: Buffer): readonly string[] =>
  CLEAR.filter((secret) => body.includes(secret));

/** The same call both ways. */
async function both(service: Service, path: string, args: readonly string[] = []) {
  const direct = await curl(services().direct(service, path), args);
  return { direct, got: await through(services(), service, path, args) };
}

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

describe("curl sees what it sees without a gateway", () => {
  test.for([
    ["a document", "node", "/json?n=3"],
    ["a document as no library writes it", "node", "/json?as=awkward"],
    ["a head alone", "node", "/json", "-I"],
    ["a text", "nginx", "/files/note.txt"],
    ["a head of a file", "nginx", "/files/three.json", "-I"],
    ["one byte", "nginx", "/files/one.bin"],
    ["no byte", "nginx", "/files/empty.bin"],
    ["bytes", "nginx", "/files/bytes.bin"],
    ["204", "nginx", "/empty"],
    ["205", "node", "/status/205"],
    ["206, the first bytes", "nginx", "/files/note.txt", "-r", "0-9"],
    ["206, the last bytes", "nginx", "/files/note.txt", "-r", "-9"],
    ["206 of Node's", "node", "/range", "-r", "3-70"],
    ["416", "nginx", "/files/note.txt", "-r", "9000-"],
    ["401", "node", "/status/401"],
    ["403", "nginx", "/forbidden"],
    ["404", "nginx", "/files/nothing"],
    ["404 of Node's", "node", "/status/404"],
    ["405", "nginx", "/files/note.txt", "-X", "DELETE"],
    ["409", "node", "/status/409", "-X", "POST"],
    ["500", "nginx", "/broken"],
    ["503", "node", "/status/503"],
    ["504", "node", "/status/504"],
    ["HTTP/1.0", "nginx", "/files/note.txt", "--http1.0"],
    ["a header and its echo", "nginx", "/headers", "-H", "X-Sent: ä, b"],
    ["gzip of nginx's", "nginx", "/files/three.json", "--compressed"],
    ["gzip, as it is coded", "nginx", "/files/three.json", "-H", "Accept-Encoding: gzip"],
    ["a failure and its body", "nginx", "/forbidden", "--fail-with-body"],
    ["one that breaks off without a length", "node", "/close-early?framing=chunked"],
  ] as const)("%s", async ([, service, path, ...args], context) => {
    if (service === "nginx") needs(context, "nginx");
    const { direct, got } = await both(service, path, args);
    expectSame(got, direct);
  });

  test.for(["gzip", "br", "deflate"])("%s, decoded and as it is coded", async (coding) => {
    const path = `/coded?with=${coding}`;
    const accept = ["-H", `Accept-Encoding: ${coding}`];
    for (const args of [accept, [...accept, "--compressed"]]) {
      const { direct, got } = await both("node", path, args);
      expectSame(got, direct);
      expect(got.headers).toMatchObject({ "content-encoding": coding });
    }
  });

  test("304 for what has not changed, and the whole for what has", async (context) => {
    needs(context, "nginx");
    const { direct } = await both("nginx", "/files/note.txt");
    const { etag = "", "last-modified": since = "" } = direct.headers;
    for (const condition of [`If-None-Match: ${etag}`, `If-Modified-Since: ${since}`]) {
      const asked = await both("nginx", "/files/note.txt", ["-H", condition]);
      expectSame(asked.got, asked.direct);
      expect(asked.got).toMatchObject({ status: 304, headers: { etag } });
    }
    const other = await both("nginx", "/files/note.txt", ["-H", 'If-None-Match: "other"']);
    expectSame(other.got, other.direct);
    expect(other.got.status).toBe(200);
  });

  test("502 for a short answer that breaks off: nothing of it has passed yet", async () => {
    const got = await through(services(), "node", "/close-early");
    expect(got).toMatchObject({ code: 0, status: 502 });
    expect(JSON.parse(got.body.toString())).toMatchObject({ code: "unreachable" });
  });

  test("a redirect leads on through the gateway", async (context) => {
    needs(context, "nginx");
    const moved = await through(services(), "nginx", "/moved");
    expect(moved).toMatchObject({
      status: 301,
      headers: { location: "/http/nginx/files/note.txt" },
    });
    const followed = await through(services(), "nginx", "/moved", ["-L"]);
    expect(followed).toMatchObject({ code: 0, status: 200 });
    expect(followed.url).toBe(services().url("nginx", "/files/note.txt"));
    expect(followed.body.toString()).toBe(FILES["note.txt"]);
    const away = await through(services(), "nginx", "/away");
    expect(away.headers["location"]).toBe("https://elsewhere.example/page");
    const loop = await through(services(), "node", "/redirect?to=/redirect", ["-L"]);
    expect(loop.code).toBe(0);
    expect(loop.body.toString()).toContain("items");
  });

  test("several URLs in one call go over one connection", async () => {
    const urls = ["/json?n=1", "/text", "/status/404"].map((path) => services().url("node", path));
    const args = ["-sS", "-w", "%{num_connects} %{http_code}\n", ...bearer(services())];
    const outputs = urls.flatMap((url) => ["-o", "/dev/null", url]);
    const { stdout } = await run("curl", [...args, ...outputs]);
    expect(stdout).toBe("1 200\n0 200\n0 404\n");
  });
});

describe("curl sends", () => {
  const five = octets(5_000_000);
  const folder = () => mkdtempSync(join(tmpdir(), "sluice-upload-"));

  test.for(["node", "node-masked"] as const)(
    "5 MB from a file and from a pipe to %s",
    async (service) => {
      const home = folder();
      const file = join(home, "five.bin");
      writeFileSync(file, five);
      try {
        const expected = { bytes: five.length, sha256: sha256(five) };
        const posted = await through(services(), service, "/upload", ["--data-binary", `@${file}`]);
        expect(JSON.parse(posted.body.toString())).toEqual(expected);
        // Without a length: chunked (RFC 9112 section 7.1).
        const command = 'cat "$FILE" | curl -sS -H "Authorization: Bearer $T" -T - "$URL"';
        const env = { T: services().token, URL: services().url(service, "/upload"), FILE: file };
        const piped = await run("sh", ["-c", command], { env });
        expect(JSON.parse(piped.stdout)).toEqual(expected);
      } finally {
        rmSync(home, { recursive: true });
      }
    },
  );

  test("PUT, GET and DELETE of a file on nginx", async (context) => {
    needs(context, "nginx");
    const home = folder();
    const file = join(home, "five.bin");
    writeFileSync(file, five);
    try {
      const put = await through(services(), "nginx", "/store/five.bin", ["-T", file]);
      expect(put).toMatchObject({ code: 0, status: 201 });
      expect(put.headers["location"]).toBe("/http/nginx/store/five.bin");
      const got = await through(services(), "nginx", "/store/five.bin");
      expect(got.body.equals(five)).toBe(true);
      const gone = await through(services(), "nginx", "/store/five.bin", ["-X", "DELETE"]);
      expect(gone.status).toBe(204);
      expect((await through(services(), "nginx", "/store/five.bin")).status).toBe(404);
    } finally {
      rmSync(home, { recursive: true });
    }
  });

  test("a query as it is written", async () => {
    const path = "/echo?a=1&b=%20&b=+&%41=%c3%a4&=&c";
    const { body } = await through(services(), "node", path);
    expect(JSON.parse(body.toString())).toMatchObject({ method: "GET", url: path });
  });

  test.for(["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])("%s with a body", async (method) => {
    const json = ["-X", method, "-H", "Content-Type: application/json", "-d", '{"a":[1]}'];
    const { body } = await through(services(), "node", "/echo", json);
    expect(JSON.parse(body.toString())).toMatchObject({
      method,
      url: "/echo",
      body: Buffer.from('{"a":[1]}').toString("base64"),
    });
  });

  test.for([
    ["a small body", "x".repeat(10)],
    ["one that streams", "x".repeat(3_000_000)],
  ])("%s after Expect: 100-continue", async ([, text = ""]) => {
    const args = ["-H", "Expect: 100-continue", "--data-binary", "@-"];
    const sent = await through(services(), "node", "/upload", args, text);
    expect(sent.heads).toMatch(/^HTTP\/1.1 100 Continue\r\n/);
    expect(JSON.parse(sent.body.toString())).toEqual({
      bytes: text.length,
      sha256: sha256(Buffer.from(text)),
    });
  });
});

describe("curl sees masked", () => {
  test.for([
    ["a document", "node-masked", "/json?n=3"],
    ["lines of JSON", "node-masked", "/ndjson?n=3"],
    ["CSV", "node-masked", "/csv?n=3"],
    ["a text", "node-masked", "/text"],
    ["a form", "node-masked", "/form"],
    ["events", "node-masked", "/sse?count=3"],
    ["a file of JSON", "nginx-masked", "/files/three.json"],
    ["a file of text", "nginx-masked", "/files/note.txt"],
    ["a failure", "node-masked", "/status/500"],
  ] as const)("%s", async ([, service, path], context) => {
    if (service === "nginx-masked") needs(context, "nginx");
    const { direct, got } = await both(service, path);
    expect(got).toMatchObject({ code: 0, status: direct.status });
    expect(got.body.toString()).toMatch(/(?:\[|%5B)redacted/);
    expect(clearIn(got.body)).toEqual([]);
    expect(got.headers).toMatchObject({ "content-type": direct.headers["content-type"] });
  });

  test.for(["gzip", "br", "deflate"])("the same under %s", async (coding) => {
    const plain = await through(services(), "node-masked", "/json?n=3");
    const accept = ["-H", `Accept-Encoding: ${coding}`, "--compressed"];
    const coded = await through(services(), "node-masked", `/coded?with=${coding}`, accept);
    expect(coded).toMatchObject({ code: 0, headers: { "content-encoding": coding } });
    expect(coded.body.equals(plain.body)).toBe(true);
  });

  test("the whole where a part was asked for, and nothing of the bytes before", async () => {
    const whole = await through(services(), "node-masked", "/range");
    const asked = ["-r", "0-9", "-H", 'If-Range: "text-1"', "-H", 'If-None-Match: "text-1"'];
    const part = await through(services(), "node-masked", "/range", asked);
    expect(part.status).toBe(200);
    expect(part.body.equals(whole.body)).toBe(true);
    expect(clearIn(part.body)).toEqual([]);
    const told = /^(etag|content-length|content-range|accept-ranges|.*digest|content-md5)$/;
    expect(Object.keys(part.headers).filter((name) => told.test(name))).toEqual([]);
    // Not of the value: it stays.
    expect(part.headers).toHaveProperty("last-modified");
  });

  test("no answer whose type nobody can read", async () => {
    const refused = await through(services(), "node-masked", "/octet?bytes=9", [
      "--fail-with-body",
    ]);
    expect(refused).toMatchObject({ code: 22, status: 502 });
    expect(JSON.parse(refused.body.toString())).toMatchObject({ code: "unreadable" });
  });

  test("an answer without a body, and one with an empty one", async (context) => {
    needs(context, "nginx");
    expect(await through(services(), "nginx-masked", "/empty")).toMatchObject({ status: 204 });
    const head = await through(services(), "nginx-masked", "/files/three.json", ["-I"]);
    expect(head).toMatchObject({ code: 0, status: 200 });
    expect(head.headers).not.toHaveProperty("etag");
    expect(head.headers).not.toHaveProperty("content-length");
  });
});

describe("wget", () => {
  test("goes on where a download was cut", async (context) => {
    needs(context, "wget", "nginx");
    const home = mkdtempSync(join(tmpdir(), "sluice-wget-"));
    const file = join(home, "bytes.bin");
    writeFileSync(file, FILES["bytes.bin"].subarray(0, 40_000));
    try {
      const header = `--header=Authorization: Bearer ${services().token}`;
      const args = ["-q", "-c", "-O", file, header, services().url("nginx", "/files/bytes.bin")];
      expect(await run("wget", args)).toMatchObject({ code: 0, stderr: "" });
      expect(readFileSync(file).equals(FILES["bytes.bin"])).toBe(true);
    } finally {
      rmSync(home, { recursive: true });
    }
  });
});
