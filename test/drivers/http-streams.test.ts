import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { residentKb } from "../../demo/processes.ts";
import { finished } from "../support/demo.ts";
import { event, octets } from "../support/http-upstream/samples.ts";
import type { Call, Handler } from "../support/http-upstream/call.ts";
import { needs } from "../support/tools.ts";
import { bearer } from "./curl.ts";
import { useServices } from "./services.ts";

const services = useServices();

const headers = () => ({ authorization: `Bearer ${services().token}` });

/** A handler that sends a piece whenever a test says so, and tells when its client has gone. */
function live(type: string) {
  const gone = Promise.withResolvers<void>();
  const began = Promise.withResolvers<Call>();
  const handle: Handler = (call) => {
    call.response.once("close", () => gone.resolve());
    call.response.writeHead(200, { "content-type": type });
    call.response.flushHeaders();
    began.resolve(call);
  };
  const send = async (piece: string) => void (await began.promise).response.write(piece);
  const end = async () => void (await began.promise).response.end();
  /** The runtime hears of a client that has closed by what it cannot write any more. */
  const abandoned = async (piece: string) => {
    for (let left = false; !left;) {
      await send(piece);
      left = await Promise.race([gone.promise.then(() => true), delay(20).then(() => false)]);
    }
  };
  return { handle, send, end, abandoned };
}

/** The next that the process prints. */
async function printed(child: ChildProcess): Promise<string> {
  const [bytes] = (await once(child.stdout as NonNullable<typeof child.stdout>, "data")) as [
    Buffer,
  ];
  return bytes.toString();
}

describe("events arrive one by one", () => {
  test.for([
    ["node", []],
    ["node", ["--compressed"]],
    ["node-masked", []],
    ["node-masked", ["--compressed"]],
  ] as const)("curl -N, %s %j", async ([service, args], context) => {
    needs(context, "curl");
    const source = live("text/event-stream");
    services().node.told.set("/live", source.handle);
    const url = services().url(service, "/live");
    const child = spawn("curl", ["-sS", "-N", ...args, ...bearer(services()), url]);
    // The second leaves the service only when the first has been read.
    for (const n of [1, 2, 3]) {
      const first = printed(child);
      await source.send(event(n));
      expect(await first).toContain(`id: ${n}\n`);
    }
    await source.end();
    expect(await finished(child)).toMatchObject({ code: 0, stderr: "" });
  });

  test("curl that is ended ends the service's answer", async (context) => {
    needs(context, "curl");
    const source = live("text/event-stream");
    services().node.told.set("/live", source.handle);
    const url = services().url("node-masked", "/live");
    const child = spawn("curl", ["-sS", "-N", ...bearer(services()), url]);
    const first = printed(child);
    await source.send(event(1));
    await first;
    child.kill("SIGKILL");
    await source.abandoned(event(2));
  });
});

describe("Node's fetch", () => {
  test.for(["node", "node-masked"] as const)("reads %s as it comes", async (service) => {
    const source = live("application/x-ndjson");
    services().node.told.set("/live", source.handle);
    const asked = fetch(services().url(service, "/live"), { headers: headers() });
    await source.send('{"n":1}\n');
    const { body } = await asked;
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    for (const n of [1, 2, 3]) {
      if (n > 1) await source.send(`{"n":${n}}\n`);
      const { value } = await reader.read();
      expect(Buffer.from(value ?? []).toString()).toBe(`{"n":${n}}\n`);
    }
    await source.end();
    expect((await reader.read()).done).toBe(true);
  });

  test.for(["node", "node-masked"] as const)("gives up on %s", async (service) => {
    const source = live("application/x-ndjson");
    services().node.told.set("/live", source.handle);
    const leaving = new AbortController();
    const { signal } = leaving;
    const asked = fetch(services().url(service, "/live"), { headers: headers(), signal });
    await source.send('{"n":1}\n');
    const { body } = await asked;
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    leaving.abort();
    await expect(reader.read()).rejects.toThrow("aborted");
    await source.abandoned('{"n":2}\n');
  });

  test("resets its connection before there is an answer", async () => {
    const came = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    services().node.told.set("/never", ({ response }) => {
      response.once("close", () => gone.resolve());
      came.resolve();
    });
    const asked = request(services().url("node", "/never"), { headers: headers() });
    asked.on("error", () => {});
    asked.end();
    await came.promise;
    asked.socket?.resetAndDestroy();
    await gone.promise;
  });

  test("sends a stream", async () => {
    const pieces = [octets(1_500_000), Buffer.from("and more"), octets(700_000)];
    const body = new ReadableStream<Uint8Array>({
      async pull(out) {
        const piece = pieces.shift();
        if (piece === undefined) return out.close();
        await delay(1);
        out.enqueue(new Uint8Array(piece));
      },
    });
    // `duplex` is Node's: the Workers' types, which fetch has here, do not know it.
    const init = { method: "POST", headers: headers(), body, duplex: "half" };
    const answer = await fetch(services().url("node", "/upload"), init);
    expect(await answer.json()).toMatchObject({ bytes: 2_200_008 });
  });

  test("has many requests under way at once", async () => {
    const paths = Array.from({ length: 40 }, (_, n) => `/json?n=${n % 4}`);
    const answers = await Promise.all(
      paths.map((path) => fetch(services().url("node-masked", path), { headers: headers() })),
    );
    const bodies = await Promise.all(answers.map((answer) => answer.json()));
    expect(bodies.map((one) => (one as { total: number }).total)).toEqual(
      paths.map((_, n) => n % 4),
    );
    expect(new Set(answers.map((answer) => answer.headers.get("sluice-session"))).size).toBe(1);
  });

  test("gets no trailers, for the platform hands none over", async () => {
    const answer = await fetch(services().url("node", "/trailers"), { headers: headers() });
    expect(answer.headers.get("trailer")).toBeNull();
    expect(await answer.text()).toContain("A note for whoever is on call.");
  });
});

/** The journal's bound, a chunk on its way, and what waits for the collector. */
const GROWN_KB_MAX = 400 * 1024;

describe("memory stays flat", () => {
  test.for([
    ["node", "json", 1_024],
    ["node-masked", "ndjson", 64],
  ] as const)("%s, %s, %i MiB", { timeout: 600_000 }, async ([service, type, mb]) => {
    const { gateway } = services().demo;
    const pid = gateway.pid();
    const url = services().url(service, `/big?type=${type}&mb=${mb}`);
    const { body } = await fetch(url, { headers: headers() });
    let [bytes, most] = [0, 0];
    const before = residentKb(pid);
    for await (const piece of body as ReadableStream<Uint8Array>) {
      bytes += piece.length;
      most = Math.max(most, residentKb(pid));
    }
    expect(bytes).toBeGreaterThan(mb * 600_000);
    expect(most - before).toBeLessThan(GROWN_KB_MAX);
  });
});
